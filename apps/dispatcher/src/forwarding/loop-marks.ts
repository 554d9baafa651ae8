/** What every mail of ours carries beside `Auto-Submitted` (RFC 3834), so that we know it when it comes back. */
export const markerHeader = 'x-otpost';
/** In the text of every copy: mailboxes and phones that send a text on anew leave all headers behind. */
export const markerText = 'Forwarded by otpost';

interface Headers {
  headers: readonly { name: string; value: { reveal(): string } }[];
}

/** Why a message that arrived is not sent on: it was sent by a machine in answer to something, or by us. Null: it may be. */
export function loopReason({ headers }: Headers, texts: readonly string[]): 'auto_submitted' | 'sent_by_otpost' | null {
  if (headers.some(({ name }) => name === markerHeader)) return 'sent_by_otpost';
  if (texts.some((text) => text.includes(markerText))) return 'sent_by_otpost';
  const automatic = headers.filter(({ name }) => name === 'auto-submitted');
  return automatic.some(({ value }) => !isByHand(value.reveal())) ? 'auto_submitted' : null;
}

/** `Auto-Submitted: no`, with parameters and comments (RFC 3834 section 5). */
function isByHand(value: string): boolean {
  return /^\s*(\([^()]*\)\s*)*no\s*([;(]|$)/i.test(value);
}
