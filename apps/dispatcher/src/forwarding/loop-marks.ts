/** What every mail of ours carries beside `Auto-Submitted` (RFC 3834), so that we know it when it comes back. */
export const markerHeader = 'x-otpost';
/** In the text of every copy: mailboxes and phones that send a text on anew leave all headers behind. */
export const markerText = 'Forwarded by otpost';

interface Headers {
  headers: readonly { name: string; value: { reveal(): string } }[];
}

/**
 * Why a message that arrived is not sent on: it answers or forwards another one by itself, or is one of ours. Null: it may be. What a site
 * generates, as it does its codes, begins no loop: nobody's copy of it comes back as `auto-generated`.
 */
export function loopReason({ headers }: Headers, texts: readonly string[]): 'auto_submitted' | 'sent_by_otpost' | null {
  if (headers.some(({ name }) => name === markerHeader)) return 'sent_by_otpost';
  if (texts.some((text) => text.includes(markerText))) return 'sent_by_otpost';
  const automatic = headers.filter(({ name }) => name === 'auto-submitted');
  return automatic.some(({ value }) => !isFirstHand(value.reveal())) ? 'auto_submitted' : null;
}

/** `Auto-Submitted: no` or `auto-generated`, with parameters and comments (RFC 3834 section 5). */
function isFirstHand(value: string): boolean {
  return /^\s*(\([^()]*\)\s*)*(no|auto-generated)\s*([;(]|$)/i.test(value);
}
