import { bit } from './vocabulary.js';
import type { Evidence } from './weights.js';
import type { Sighting } from './sighting.js';

/** Characters on either side within which words count. */
export const reach = 110;

/** What else the sentence says. Returns the meanings of its words. */
export function lookAtSentence(
  sighting: Sighting,
  sentence: { start: number; end: number },
  evidence: Evidence,
): number {
  let meanings = 0;
  let staleTerms = 0;
  for (const term of sighting.passage.termsIn(sentence.start, sentence.end)) {
    if (term.start < sighting.end && term.end > sighting.start) continue;
    meanings |= term.meanings;
    if ((term.meanings & bit.stale) !== 0) staleTerms++;
  }
  if ((meanings & bit.auth) !== 0) evidence.purposeInSentence = 1;
  if ((meanings & bit.pay) !== 0) evidence.paymentInSentence = 1;
  if ((meanings & bit.valid) !== 0) evidence.validityInSentence = 1;
  if ((meanings & bit.fresh) !== 0) evidence.fresh = 1;
  // "The code we sent earlier is no longer valid" leaves no doubt.
  else if (staleTerms > 0) evidence.stale = staleTerms > 1 ? 1.3 : 1;
  if ((meanings & bit.address) !== 0 && isInAddress(sighting)) evidence.inAddress = 1;
  return meanings;
}

/** A house number or postcode: street words stand close, before or behind. */
function isInAddress(sighting: Sighting): boolean {
  const { passage, start, end } = sighting;
  const { text } = passage;
  if (/(?:^|[ ,])[A-Z]{2} $/.test(text.slice(Math.max(0, start - 4), start)) && end - start === 5) return true;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  const near = passage.termsIn(
    Math.max(lineStart, start - 50),
    Math.min(newline < 0 ? text.length : newline, end + 40),
  );
  return near.some((term) => {
    const between = term.start >= end ? text.slice(end, term.start) : text.slice(term.end, start);
    return (term.meanings & bit.address) !== 0 && !/\d/.test(between);
  });
}

/** A code that has a line, a cell or a block to itself is named by what stands above or below it. */
export function lookAtLine(sighting: Sighting, evidence: Evidence): void {
  const { passage, start, end } = sighting;
  const { text } = passage;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  const lineEnd = newline < 0 ? text.length : newline;
  const before = text.slice(Math.max(lineStart, start - reach), start);
  const behind = text.slice(end, Math.min(lineEnd, end + reach));
  if (/^[^\p{L}\p{N}]{0,20}[\p{L}\p{N} .&!'+-]{1,24}\s?[:：\])】>-]{1,3} ?$/u.test(before) && passage.role !== 'html')
    evidence.behindSender = lineStart === 0 ? 1 : 0;
  if (/[\p{L}\p{N}\ufffc]/u.test(before) || /[\p{L}\p{N}\ufffc]/u.test(behind)) return;
  evidence.alone = 1;
  if (passage.role === 'subject') return;
  const above = meaningsNear(sighting, Math.max(0, lineStart - reach * 2), lineStart, 'last');
  const below = meaningsNear(sighting, lineEnd, Math.min(text.length, lineEnd + reach * 2), 'first');
  const isOtherAbove = (above & otherNouns) !== 0;
  if (isOtherAbove && (above & bit.otp) === 0) evidence.otherNounAbove = 1;
  // "Enter your one-time code at checkout": a voucher that is good once.
  else if (isOtherAbove && (above & (bit.auth | bit.secret)) === 0) evidence.otherNounAbove = 0.8;
  if ((above & bit.otp) !== 0) evidence.codeWordAbove = 1;
  else if (!isOtherAbove && (above & bit.code) !== 0) evidence.codeNounAbove = 1;
  else if (!isOtherAbove && (above & otherNumbers) !== 0 && (above & (bit.auth | bit.enter)) === 0)
    evidence.referenceAbove = 1;
  if ((above & (bit.enter | bit.auth)) !== 0) evidence.entryAbove = 1;
  if ((below & (bit.otp | bit.code)) !== 0) evidence.codeWordBelow = 1;
  if ((below & (bit.enter | bit.auth)) !== 0) evidence.entryBelow = 1;
}

const otherNouns = bit.promo | bit.venue | bit.meeting;
const otherNumbers = bit.ref | bit.phone | bit.card;

/** Meanings of the nearest line of words above or below. */
function meaningsNear(sighting: Sighting, from: number, to: number, which: 'first' | 'last'): number {
  const { text } = sighting.passage;
  const terms = sighting.passage.termsIn(from, to);
  const anchor = which === 'last' ? terms[terms.length - 1] : terms[0];
  if (anchor === undefined) return 0;
  const lineStart = text.lastIndexOf('\n', anchor.start) + 1;
  const newline = text.indexOf('\n', anchor.end);
  const lineEnd = newline < 0 ? text.length : newline;
  let meanings = 0;
  for (const term of terms) if (term.start >= lineStart && term.end <= lineEnd) meanings |= term.meanings;
  return meanings;
}

/** Whether it is set apart: bold, faint, quoted. */
export function lookAtSpans(sighting: Sighting, evidence: Evidence): void {
  const { passage, start, end } = sighting;
  if (passage.isWithin('emphasis', start, end)) evidence.emphasis = 1;
  if (passage.isWithin('faint', start, end)) evidence.faint = 1;
  if (passage.isWithin('quoted', start, end)) evidence.quoted = 1;
}
