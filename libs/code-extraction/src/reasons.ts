import type { FeatureName } from './weights.js';

/** By how much, in log-odds, one piece of evidence moved a score. */
export type Effect = { readonly name: FeatureName; readonly effect: number };

/** The strongest evidence on the side that won, in kebab case: `code-word-before`. */
export function reasonOf(effects: readonly Effect[], score: number): string {
  const side = score > 0 ? 1 : -1;
  let strongest: Effect | undefined;
  for (const one of effects) {
    if (named.has(one.name) && one.effect * side > (strongest?.effect ?? 0) * side) strongest = one;
  }
  if (strongest === undefined) return score > 0 ? 'only-number' : 'no-evidence';
  return strongest.name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Evidence that is worth naming as the reason; the rest only tips the scale. */
const named = new Set<FeatureName>([
  'codeWordBefore',
  'codeNounBefore',
  'codeWordBehind',
  'codeNounBehind',
  'codeWordAbove',
  'codeNounAbove',
  'codeWordBelow',
  'entryBefore',
  'entryBehind',
  'entryAbove',
  'purposeInSentence',
  'originBound',
  'patternFits',
  'referenceBefore',
  'referenceBehind',
  'referenceAbove',
  'cardBefore',
  'phoneBefore',
  'otherNounBefore',
  'otherNounBehind',
  'otherNounAbove',
  'nounAmongOthers',
  'reportBehind',
  'personalNote',
  'numberSign',
  'quoted',
  'topicPromotion',
  'topicVenue',
  'topicMeeting',
  'topicParcel',
  'topicEvent',
  'topicBill',
  'topicNotice',
  'lengthDiffers',
  'alphabetDiffers',
  'patternMissed',
  'originForeign',
  'senderDiffers',
  'missingFromHtml',
]);
