import type { FullMessage } from '@otpost/contracts';
import { markerText } from './loop-marks.js';
import type { Via, Writing } from './outgoing.js';
import { plainText } from './plain-text.js';

type Content = NonNullable<FullMessage['content']>;

/** A message that is there to be sent on. */
export type Forwardable = FullMessage & { content: Content };

const longestMail = 200_000;
/** Five parts of an SMS, as most phones show it in one piece. */
const longestSms = 600;

/** The words of a message: its text, else what its HTML says. */
export function wordsOf({ text, html }: Content): string {
  const written = text?.reveal().trim() ?? '';
  if (written !== '') return written;
  return html === null ? '' : plainText(html.reveal());
}

/**
 * A message as people get it: its words, never its HTML nor its attachments, which would reach them under our name. By SMS the code or
 * link comes first, and then as much of the words as there is room for.
 */
export function composeCopy(message: Forwardable, via: Via): Writing {
  return via === 'email' ? mailOf(message) : { text: smsOf(message) };
}

function mailOf(message: Forwardable): Writing {
  const { content, channel, received_at } = message;
  const original = content.subject?.reveal() ?? '';
  const code = codeOf(message);
  const attachments = content.attachments.length;
  const head = [
    `${markerText}: ${channel === 'sms' ? 'an SMS' : 'an e-mail'} that arrived ${received_at}`,
    `From: ${oneLine(content.from.reveal())}`,
    `To: ${oneLine(content.to.reveal() || message.to)}`,
    ...(original === '' ? [] : [`Subject: ${oneLine(original)}`]),
    ...(code === null ? [] : [`Code: ${code}`]),
    ...(attachments === 0 ? [] : [`Attachments: ${attachments}, not kept`]),
  ];
  const subject = original === '' ? `SMS from ${oneLine(content.from.reveal())}` : original;
  return {
    subject: `Fwd: ${oneLine(subject).slice(0, 200)}`,
    text: `${head.join('\n')}\n\n${wordsOf(content).slice(0, longestMail)}\n`,
  };
}

function smsOf(message: Forwardable): string {
  const { content, extraction, state } = message;
  const code = codeOf(message);
  const link = state === 'deposited' ? (extraction?.link?.reveal() ?? null) : null;
  const subject = content.subject?.reveal() ?? '';
  const parts = [
    `${markerText} from ${oneLine(content.from.reveal()).slice(0, 60)}:`,
    ...(code === null ? [] : [code]),
    ...(code === null && link !== null && link.length < longestSms - 100 ? [link] : []),
    ...(subject === '' ? [] : [oneLine(subject).slice(0, 100)]),
    oneLine(wordsOf(content)),
  ];
  const text = parts.join('\n').trim();
  return text.length <= longestSms ? text : `${text.slice(0, longestSms - 1)}…`;
}

/** Only one that was taken for the code: a guess would be believed. */
function codeOf({ extraction, state }: Forwardable): string | null {
  return state === 'deposited' ? (extraction?.code?.reveal() ?? null) : null;
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
