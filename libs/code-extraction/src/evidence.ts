import { formOf } from './form.js';
import { lookAtLine, lookAtSentence, lookAtSpans, reach } from './layout.js';
import { lookBefore, lookBehind } from './naming.js';
import { weighTopic } from './topic-evidence.js';
import type { Evidence, FeatureName } from './weights.js';
import type { Occupied, Sighting } from './sighting.js';
import type { Topic } from './topic.js';

/** Collects what the words around a sighting say. */
export function evidenceAround(sighting: Sighting, occupied: readonly Occupied[], topic: Topic): Evidence {
  const evidence: Evidence = {};
  formOf(sighting, evidence);
  const { passage, start, end } = sighting;
  if (isKnownWord(sighting)) evidence.isWord = 1;
  const sentence = passage.sentenceAround(start, end, reach);
  const others = within(occupied, sentence.start, sentence.end);
  lookBefore(sighting, sentence.start, others, evidence);
  lookBehind(sighting, sentence.end, others, evidence);
  const meanings = lookAtSentence(sighting, sentence, evidence);
  lookAtLine(sighting, evidence);
  lookAtSpans(sighting, evidence);
  lookAtStrangeWords(sighting, sentence, evidence);
  // The shorter the message, the nearer is all of it.
  if (!tellers.some((name) => (evidence[name] ?? 0) > 0))
    evidence.nothingNear = Math.min(1, passage.text.length / longMessage);
  weighTopic(topic, meanings, evidence);
  return evidence;
}

/** Characters. */
const longMessage = 250;

/** What is said of a number right where it stands. A footer's postcodes and telephone numbers have none of it. */
const tellers: readonly FeatureName[] = [
  'codeWordBefore',
  'codeNounBefore',
  'codeWordBehind',
  'codeNounBehind',
  'codeWordAbove',
  'codeNounAbove',
  'codeWordBelow',
  'figureBefore',
  'entryBefore',
  'entryBehind',
  'entryAbove',
  'entryBelow',
  'purposeBehind',
  'copulaBefore',
  'copulaBehind',
  'purposeNamesIt',
  'purposeInSentence',
  'alone',
  'emphasis',
  'cells',
  'tagged',
  'behindSender',
  'opensMessage',
  'originBound',
];

/** "connectez-vous": letters alone that are mostly a word of the vocabulary. */
function isKnownWord({ passage, start, end, shape }: Sighting): boolean {
  if (shape !== 'words' && shape !== 'letters') return false;
  const known = passage.termsIn(start, end).reduce((sum, term) => sum + term.end - term.start, 0);
  return known * 2 >= end - start;
}

/** Messages about codes are made of few words. Many that are none of those tell of something else. */
function lookAtStrangeWords(
  { passage, start, end }: Sighting,
  sentence: { start: number; end: number },
  evidence: Evidence,
): void {
  let near = 0;
  let inSentence = 0;
  for (const word of passage.strangeWords) {
    if (word >= start - nearby && word < end + nearby) near++;
    if (word >= sentence.start && word < sentence.end) inSentence++;
  }
  evidence.strangeWordsNear = Math.min(near, 10) / 10;
  evidence.strangeSentence = Math.min(inSentence, 5) / 5;
  if (/^[^\p{L}\p{N}]{0,3}$/u.test(passage.text.slice(0, Math.min(start, 4))) && start <= 3) evidence.opensMessage = 1;
}

const nearby = 250;

/** The numbers that lie in a sentence, found by bisection. */
function within(occupied: readonly Occupied[], start: number, end: number): Occupied[] {
  let low = 0;
  let high = occupied.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((occupied[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  const found: Occupied[] = [];
  for (let other = occupied[low]; other !== undefined && other.end <= end; other = occupied[++low]) found.push(other);
  return found;
}
