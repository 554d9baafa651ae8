interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** The whole of a paged list, for the APIs that know no pages: fetched from its owner a bounded page at a time. */
export async function allPages<Item>(
  read: (page: { cursor: string | null; limit: number }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<Item> = await read({ cursor, limit: 200 });
    all.push(...page.items);
    if (page.next_cursor === null) return all;
    cursor = page.next_cursor;
  }
}
