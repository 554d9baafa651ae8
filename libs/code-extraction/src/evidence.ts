import { formOf } from './form.js';
import { lookAtLine, lookAtSentence, lookAtSpans, reach } from './layout.js';
import { lookBefore, lookBehind } from './naming.js';
import { weighTopic } from './topic-evidence.js';
import type { Evidence } from './weights.js';
import type { Occupied, Sighting } from './sighting.js';
import type { Topic } from './topic.js';

/** Collects what the words around a sighting say. */
export function evidenceAround(sighting: Sighting, occupied: readonly Occupied[], topic: Topic): Evidence {
  const evidence: Evidence = {};
  formOf(sighting, evidence);
  const { passage, start, end } = sighting;
  const sentence = passage.sentenceAround(start, end, reach);
  const others = within(occupied, sentence.start, sentence.end);
  lookBefore(sighting, sentence.start, others, evidence);
  lookBehind(sighting, sentence.end, others, evidence);
  lookAtSentence(sighting, sentence, evidence);
  lookAtLine(sighting, evidence);
  lookAtSpans(sighting, evidence);
  weighTopic(topic, evidence);
  return evidence;
}

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
