import { findUrls, maskAddresses } from './addresses.js';
import { decodeEncodedWords, undoTransferEncoding } from './transfer-residue.js';
import { htmlToText } from './html-to-text.js';
import { linkMark, type LinkMention, type Message, type Rendering } from './message.js';
import { normalise } from './normalise.js';

/** The renderings of one message that are read: what a mail program, or a telephone, could show. */
export type Renderings = {
  readonly subject: Rendering | undefined;
  readonly text: Rendering | undefined;
  readonly html: Rendering | undefined;
};

/** Turns the parts of a message into plain text. Parts that are longer than anybody reads lose their middle. */
export function renderingsOf(message: Message): Renderings {
  const { subject, text, html } = message;
  return {
    subject: isPresent(subject) ? plain(decodeEncodedWords(subject.slice(0, 4096))) : undefined,
    text: isPresent(text) ? body(undoTransferEncoding(readable(text))) : undefined,
    html: isPresent(html) ? htmlToText(undoTransferEncoding(html.slice(0, longestHtml))) : undefined,
  };
}

const headLength = 48 * 1024;
const tailLength = 16 * 1024;
const longestHtml = 2 * 1024 * 1024;

function isPresent(part: string | null | undefined): part is string {
  return typeof part === 'string' && part.trim() !== '';
}

function readable(text: string): string {
  if (text.length <= headLength + tailLength) return text;
  return `${text.slice(0, headLength)}\n${text.slice(-tailLength)}`;
}

/** A text part that is really HTML is read as HTML. */
function body(text: string): Rendering {
  return /<(?:html|body|table|div|td|p|br|span)\b[^<>]{0,200}>/i.test(text) ? htmlToText(text) : plain(text);
}

function plain(text: string): Rendering {
  const pieces: string[] = [];
  const links: LinkMention[] = [];
  let length = 0;
  let copiedUpTo = 0;
  const push = (piece: string): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const { start, end, url } of findUrls(text)) {
    push(normalise(text.slice(copiedUpTo, start)));
    links.push({ start: length, end: length, url, hasImageOnly: false });
    push(linkMark);
    copiedUpTo = end;
  }
  push(normalise(text.slice(copiedUpTo)));
  return maskAddresses({ text: pieces.join(''), spans: [], links });
}
