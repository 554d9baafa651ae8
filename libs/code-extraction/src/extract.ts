import { decide } from './decide.js';
import { fold, normalise } from './normalise.js';
import { Passage } from './passage.js';
import { renderingsOf } from './renderings.js';
import { scoreCodes } from './score.js';
import { scoreLinks } from './links.js';
import { topicOf } from './topic.js';
import { readingFor } from './vocabulary.js';
import type { Expectation, Extraction, Message } from './message.js';

/**
 * Finds the one-time code or the magic link in a message.
 *
 * Pure and deterministic: no clock, no network, no state but compiled hint patterns. Takes untrusted input: time is
 * linear and memory bounded in its length, and it throws for no message. Links are never opened.
 *
 * @param message the parts of the message, decoded to text
 * @param expectation what is known of the credential it is for; sharpens, never required
 */
export function extract(message: Message, expectation: Expectation = {}): Extraction {
  const { subject, text, html } = renderingsOf(message);
  const passages = [
    ...(subject === undefined ? [] : [new Passage('subject', subject)]),
    ...(text === undefined ? [] : [new Passage('text', text)]),
    ...(html === undefined ? [] : [new Passage('html', html)]),
  ];
  const reading = readingFor(passages.map((passage) => passage.folded));
  const names = senderNames(message, expectation);
  for (const passage of passages) passage.read(reading, names);
  const topic = topicOf(passages);
  return decide(scoreCodes(message, passages, topic, expectation, names), scoreLinks(passages, topic, expectation));
}

/** The words of the sender's and the service's name, folded, and the sender's domain without its ending. */
function senderNames(message: Message, expectation: Expectation): ReadonlySet<string> {
  const shown = `${(message.from ?? '').slice(0, 300)} ${(expectation.serviceName ?? '').slice(0, 100)}`;
  const words = fold(normalise(shown)).split(/[^\p{L}\p{N}-]+/u);
  return new Set(words.filter((word) => word.length >= 3));
}
