import { z } from 'zod';

/** How lists page on `/v1`: an opaque cursor, the id after which to go on. */
export const pageRequest = z.object({
  cursor: z.uuid().nullish(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type PageRequest = z.output<typeof pageRequest>;

/** A page of `items`; `next_cursor` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}
