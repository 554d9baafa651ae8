/**
 * Makes the link to a challenge's hosted page, whenever it is sent somewhere: its token needs no storage, and none of it is stored.
 * Whoever has the pages provides it.
 */
export abstract class PageLinks {
  /** Null: there are no pages. */
  abstract pageUrl(challengeId: string): string | null;
}

/** Of a deployment without hosted pages. */
export const noPageLinks: PageLinks = { pageUrl: () => null };
