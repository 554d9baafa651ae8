import { cardHtml, escape, pageDocument, type Card } from '../code-page/page-document.js';

export type ClosedPage = 'confirmed' | 'expired' | 'unknown' | 'busy' | 'unavailable';

const closedTexts: Record<ClosedPage, Card> = {
  confirmed: {
    title: 'Thank you',
    text: 'Copies will be sent to you from now on. You can close this page.',
    mark: '✓',
    isGood: true,
  },
  expired: {
    title: 'Too late',
    text: 'This link was good for seven days. Ask whoever wanted it for a new one.',
    mark: '–',
  },
  unknown: {
    title: 'This link leads nowhere',
    text: 'It may have been cut off, or was taken back. Please open it again from the message.',
    mark: '?',
  },
  busy: {
    title: 'One moment',
    text: 'There were too many tries in a short time. Please wait a few seconds, then load the page again.',
    mark: '…',
  },
  unavailable: {
    title: 'Out of reach',
    text: 'This cannot be answered right now. Please load the page again in a moment.',
    mark: '…',
  },
};

const footer = 'Nothing is sent unless you agree. To end it later, ask whoever set it up.';

/** The question, and a button: looking at it agrees to nothing. */
export function questionPage({
  destination,
  covers,
}: {
  destination: string;
  covers: 'credential' | 'workspace';
}): string {
  const what = covers === 'credential' ? 'messages that arrive for one sign-in' : 'all messages that arrive';
  return pageDocument(
    'Do you want copies?',
    `<h1>Do you want copies?</h1>
<p class="message">Copies of ${what}, with codes and links in them, would be sent to ${escape(destination)}.</p>
<form method="post">
<button type="submit">Yes, send them to me</button>
</form>`,
    footer,
  );
}

/** A page on which there is nothing to do. */
export function closedPage(state: ClosedPage): string {
  return pageDocument(closedTexts[state].title, cardHtml(closedTexts[state]), footer);
}
