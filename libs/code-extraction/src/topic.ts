import { bit, type Term } from './vocabulary.js';
import type { Concept } from './vocabulary/concepts.js';
import type { Passage } from './passage.js';

/** What a message is about, as counts of the distinct places that say so, each at most 4. */
export type Topic = { readonly [concept in Concept]: number };

/**
 * Reads what the whole message is about. Words inside a warning ("never give it to the courier") do not make it a
 * delivery, and what a reply quotes does not count.
 */
export function topicOf(passages: readonly Passage[]): Topic {
  const counts: { [concept in Concept]?: number } = {};
  for (const passage of passages) {
    const seen: { [concept in Concept]?: number } = {};
    const warned = warnedStretches(passage);
    for (const term of passage.terms.slice(0, mostTerms)) {
      const isWarned = warned.some(([start, end]) => start <= term.start && term.end <= end);
      for (const concept of counted) {
        if ((term.meanings & bit[concept]) === 0) continue;
        if (isWarned && subjectMatters.has(concept)) continue;
        if (passage.isWithin('quoted', term.start, term.end)) continue;
        seen[concept] = Math.min(most, (seen[concept] ?? 0) + 1);
      }
    }
    if (passage.links.some((link) => meetingHosts.test(link.url.slice(0, 80)))) seen.meeting = most;
    if (namedMeeting.test(passage.text) || ((seen.meeting ?? 0) > 0 && meetingNumber.test(passage.text)))
      seen.meeting = most;
    if (percentage.test(passage.text)) seen.promo = Math.min(most, (seen.promo ?? 0) + 1);
    // Text and HTML are two renderings of the same words: the stronger one counts, the subject adds to it.
    for (const concept of counted) {
      const known = counts[concept] ?? 0;
      const here = seen[concept] ?? 0;
      counts[concept] = passage.role === 'subject' ? Math.min(most, known + here) : Math.max(known, here);
    }
  }
  return Object.fromEntries(counted.map((concept) => [concept, counts[concept] ?? 0])) as Topic;
}

/** "20% off", "-25 %": what is sold, in any language. */
const percentage = /\d ?[%％]|(?:^|\s)-\d{1,3} ?(?:\p{Sc}|EUR|zł|Kč|kr\b)|\d(?:[.,]\d\d)? off\b/iu;
const meetingHosts =
  /^https?:\/\/(?:[\w-]+\.)?(?:zoom\.us|meet\.google\.com|teams\.microsoft\.com|teams\.live\.com|webex\.com|meet\.jit\.si)\//i;
/** "884 2107 3391", as meetings are numbered. */
const meetingNumber = /(?:^|[^\d-])\d{3} \d{3,4} \d{4}(?![\d-])/;
/** The same where it is called so: "Zoom 884 2107 3391", "ID: 884 1029 4471". */
const namedMeeting = /\b(?:zoom|webex|meeting|id)[ :]{1,2}\d{3} \d{3,4} \d{4}(?![\d-])/i;
const most = 4;
const mostTerms = 3000;
const counted = Object.keys(bit) as Concept[];
const subjectMatters = new Set<Concept>(['promo', 'venue', 'meeting', 'parcel', 'bill', 'event', 'notice', 'phone']);

function warnedStretches(passage: Passage): (readonly [number, number])[] {
  const stretches: (readonly [number, number])[] = [];
  for (const term of passage.terms as Term[]) {
    if ((term.meanings & (bit.secret | bit.unasked)) === 0) continue;
    const last = stretches[stretches.length - 1];
    if (last !== undefined && term.end <= last[1]) continue;
    const sentence = passage.sentenceAround(term.start, term.end, 90);
    stretches.push([term.start - 30 > sentence.start ? term.start - 30 : sentence.start, sentence.end]);
    if (stretches.length >= 50) break;
  }
  return stretches;
}
