import { bit, type Term } from './vocabulary.js';
import { isUnspacedUnit } from './scripts.js';
import type { FeatureName } from './weights.js';
import type { Occupied, Sighting } from './candidates.js';
import type { Passage } from './passage.js';
import type { Topic } from './topic.js';

/** What speaks for and against one sighting: named features, 1 where plainly so, less where weaker. */
export type Evidence = Partial<Record<FeatureName, number>>;

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

/** "... is 123456", "...: 123456", in the languages that have such a word. */
const copula =
  /(?:(?:^|[^\p{L}])(?:is|es|eh|est|ist|lautet|e|er|ar|to|jest|je|on|la|ni|adalah|ialah|este|هو|הוא|ειναι)|[是为為은는:=>»→-]|คือ) ?["'*«“【[(]? ?$/u;

/** "123456 is ...". */
const copulaBehind =
  /^["'*»”】)\]]? ?(?:(?:is|es|est|ist|e|er|ar|je|jest|este|ni|adalah|ialah|la)(?=[^\p{L}])|是|为|為|은|는|が|は|هو|הוא|คือ|ειναι)/u;

/** Characters on either side within which words count. */
const reach = 110;

const nouns = bit.otp | bit.code | bit.digits | bit.ref | bit.card | bit.phone | bit.promo | bit.venue | bit.meeting;

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

function formOf(sighting: Sighting, evidence: Evidence): void {
  const { value, shape } = sighting;
  const text = sighting.passage.text.slice(sighting.start, sighting.end);
  if (shape === 'tagged') evidence.tagged = 1;
  if (shape === 'cells') evidence.cells = 1;
  if (/^\d+$/.test(value)) {
    const length = value.length;
    if (length === 6) evidence.sixDigits = 1;
    else if (length === 4) evidence.fourDigits = 1;
    else if (length === 5) evidence.fiveDigits = 1;
    else if (length === 7) evidence.sevenDigits = 1;
    else if (length === 8) evidence.eightDigits = 1;
    else if (length <= 3) evidence.threeDigits = 1;
    else evidence.manyDigits = 1;
    if (shape === 'digits' && length === 4 && /^(?:1[89]\d\d|20[0-4]\d)$/.test(value)) evidence.looksLikeYear = 1;
    if (placeholder.test(value)) evidence.looksLikePlaceholder = 1;
    if (length === 8 && /^20[1-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(value)) evidence.looksLikeDate = 1;
    if (shape === 'groups' && /^\d{3}[ -]\d{4}$/.test(text)) evidence.looksLikePhone = 1;
    if (/^\d\d-\d\d-\d\d$/.test(text)) evidence.looksLikeSortCode = 1;
  } else if (shape === 'mixed') {
    if (evenGroups.test(value)) evidence.evenGroups = 1;
    else if (value.includes('-')) evidence.dashedLetters = 1;
    else evidence.lettersAndDigits = 1;
    if (/[a-z]/.test(value)) evidence.lowerCase = 1;
    if (/^[A-Za-z]{2,6}-\d{3,8}$/.test(value)) evidence.looksLikeTicket = 1;
    if (/^[A-Z]{1,3}\d{7,}$/.test(value) || value.replaceAll('-', '').length > 10) evidence.looksLikeId = 1;
    if (/^[A-Za-z]{3,}\d{1,3}$/.test(value)) evidence.looksLikePromotion = 1;
  } else if (shape === 'letters') evidence.capitals = 1;
  else if (shape === 'words') evidence.dashedWords = 1;
  if (sighting.continues) evidence.followsNumber = 1;
  if (
    evidence.looksLikeYear === 1 &&
    yearWord.test(sighting.passage.folded.slice(Math.max(0, sighting.start - 8), sighting.start))
  ) {
    evidence.behindYearWord = 1;
  }
}

/** What people write when they mean no code in particular. */
const placeholder = /^(?:123456|1234|12345|12345678|000000|0000|111111|1111|999999|9999|654321|123123)$/;

/** "JQW-9TX": groups of the same length. */
const evenGroups = /^(?:[A-Z0-9]{3}-[A-Z0-9]{3}|[A-Z0-9]{4}-[A-Z0-9]{4}|[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{3})$/;

/** "in 1942", "since 2019". */
const yearWord =
  /(?:^|[^\p{L}])(?:in|since|of|by|en|em|del|im|seit|dal|nel|von|i|od|w|в|с|от|depuis|desde|ano|jahr|year|r|roku) $/u;

/** The nearest noun to the left names the number, unless it has named another one in between. */
function lookBefore(sighting: Sighting, from: number, occupied: readonly Occupied[], evidence: Evidence): void {
  const { passage, start } = sighting;
  const terms = passage.termsIn(from, start);
  let hasEntry = false;
  if (copula.test(passage.folded.slice(Math.max(0, start - 12), start))) evidence.copulaBefore = 1;
  let named = false;
  for (let index = terms.length - 1; index >= 0; index--) {
    const term = terms[index];
    if (term === undefined) break;
    const between = passage.text.slice(term.end, start);
    const near = nearness(between);
    const others = occupied.filter((other) => other.isPlain && other.start >= term.end && other.end <= start).length;
    if ((term.meanings & bit.enter) !== 0 && !hasEntry && near > 0.55) {
      hasEntry = true;
      evidence.entryBefore = others > 0 ? near * 0.3 : near;
    }
    if ((term.meanings & bit.auth) !== 0 && others === 0 && isDirect(between)) {
      evidence.purposeNamesIt = evidence.copulaBefore === 1 ? 1 : 0.6;
    }
    if (named || (term.meanings & nouns) === 0) continue;
    const isAccess = hasNeighbour(passage, terms, index);
    if (isNumberOf(terms, index) && isDirect(between) && others === 0) {
      evidence.referenceBefore = 1;
      named = true;
      continue;
    }
    named = nameBy(term, isAccess, between, near, others, evidence);
  }
  // "use 663510228814472 PIN 4410": a gift card and its PIN.
  const last = occupied.filter((other) => other.end <= start && other.start >= from).pop();
  if (last !== undefined && /^\d{12,}$/.test(passage.text.slice(last.start, last.end))) evidence.behindLongNumber = 1;
  if (isBehindCapitals(passage, start)) evidence.behindCapitals = 1;
  const mark = passage.text.charAt(start - 1);
  if (mark === '#' || /(?:№|nº|n°|no\.|nr\.) ?$/i.test(passage.text.slice(Math.max(0, start - 4), start)))
    evidence.numberSign = 1;
}

/** Whether a noun is told to be one of access by the word beside it: "reset PIN", "PIN to log in", "kod logowania". */
function hasNeighbour(passage: Passage, terms: readonly Term[], index: number): boolean {
  const noun = terms[index];
  if (noun === undefined) return false;
  return [terms[index - 1], terms[index + 1]].some((other) => {
    if (other === undefined || (other.meanings & bit.auth) === 0 || (other.meanings & bit.code) !== 0) return false;
    const between = passage.folded.slice(Math.min(noun.end, other.end), Math.max(noun.start, other.start));
    return between.length <= 12 && /^[^\p{L}\p{N}.!?\n]*(?:\p{L}{1,4}[^\p{L}\p{N}.!?\n]*){0,2}$/u.test(between);
  });
}

/** "PG&E 4471", "LIDL 4471": the number of a shop or a payee. */
function isBehindCapitals(passage: Passage, start: number): boolean {
  const word = /(?:^|[^\p{L}\p{N}])([A-Z][A-Z&-]{1,15}) $/u.exec(
    passage.text.slice(Math.max(0, start - 18), start),
  )?.[1];
  return word !== undefined && passage.termsIn(start - 1 - word.length, start).length === 0;
}

/** "Group number", "badge no.": a word for figures behind one for another number. */
function isNumberOf(terms: readonly Term[], index: number): boolean {
  const noun = terms[index];
  const before = terms[index - 1];
  if (noun === undefined || before === undefined || noun.start - before.end > 2) return false;
  return (
    (noun.meanings & (bit.digits | bit.ref)) !== 0 &&
    (noun.meanings & (bit.code | bit.otp)) === 0 &&
    (before.meanings & (bit.ref | bit.card)) !== 0
  );
}

/** True when the term names the number, so that terms further left do not. */
function nameBy(
  term: Term,
  isAccess: boolean,
  between: string,
  near: number,
  others: number,
  evidence: Evidence,
): boolean {
  const { meanings } = term;
  const direct = isDirect(between);
  if ((meanings & (bit.otp | bit.code)) !== 0 && (meanings & (bit.promo | bit.venue | bit.meeting)) === 0) {
    const strength = others > 0 ? near * 0.45 : near;
    if ((meanings & bit.otp) !== 0 || isAccess) evidence.codeWordBefore = strength;
    else evidence.codeNounBefore = strength;
    if (direct && others === 0) evidence.directlyNamed = 1;
    return true;
  }
  if (others > 0) return false;
  if ((meanings & (bit.promo | bit.venue | bit.meeting)) !== 0) {
    evidence.otherNounBefore = near;
    return true;
  }
  if ((meanings & bit.card) !== 0 && near > 0.6) {
    evidence.cardBefore = direct ? 1 : 0.5;
    return direct;
  }
  if ((meanings & bit.phone) !== 0 && between.length <= 12 && evidence.entryBefore === undefined) {
    evidence.phoneBefore = direct ? 1 : 0.4;
    return direct;
  }
  if ((meanings & bit.ref) !== 0 && direct) {
    evidence.referenceBefore = 1;
    return true;
  }
  if ((meanings & bit.digits) !== 0) {
    if (isAccess) evidence.codeNounBefore = near;
    else evidence.figureBefore = near;
    return true;
  }
  return false;
}

/** Words behind the number: "123456 is your code", "(verification code)", "を入力". */
function lookBehind(sighting: Sighting, to: number, occupied: readonly Occupied[], evidence: Evidence): void {
  const { passage, end } = sighting;
  if (copulaBehind.test(passage.folded.slice(end, end + 10))) evidence.copulaBehind = 1;
  const next = occupied.find((other) => other.isPlain && other.start >= end);
  const terms = passage.termsIn(end, Math.min(to, next?.start ?? to));
  let named = false;
  for (const term of terms) {
    const between = passage.text.slice(end, term.start);
    const near = nearness(between);
    if (near <= 0) break;
    if ((term.meanings & bit.enter) !== 0 && evidence.entryBehind === undefined) evidence.entryBehind = near;
    if ((term.meanings & bit.auth) !== 0 && evidence.purposeBehind === undefined) evidence.purposeBehind = near;
    if (named || (term.meanings & nouns) === 0) continue;
    if ((term.meanings & (bit.promo | bit.venue | bit.meeting)) !== 0) {
      evidence.otherNounBehind = near;
      named = true;
    } else if ((term.meanings & bit.otp) !== 0) {
      evidence.codeWordBehind = near;
      named = true;
    } else if ((term.meanings & bit.code) !== 0) {
      evidence.codeNounBehind = near;
      named = true;
    } else if (
      (term.meanings & bit.ref) !== 0 &&
      term.end - term.start >= 4 &&
      /^ ?(?:\(|[-–—:=]|is|es|est|ist|é|è|er|är) ?(?:your|the|our|tu|su|votre|ta|le|la|il|ihre?|die|de|din)? ?$/.test(
        between,
      )
    ) {
      evidence.referenceBehind = 1;
      named = true;
    }
  }
}

function lookAtSentence(sighting: Sighting, sentence: { start: number; end: number }, evidence: Evidence): void {
  let meanings = 0;
  for (const term of sighting.passage.termsIn(sentence.start, sentence.end)) {
    if (term.start < sighting.end && term.end > sighting.start) continue;
    meanings |= term.meanings;
  }
  if ((meanings & bit.auth) !== 0) evidence.purposeInSentence = 1;
  if ((meanings & bit.pay) !== 0) evidence.paymentInSentence = 1;
  if ((meanings & bit.valid) !== 0) evidence.validityInSentence = 1;
  if ((meanings & bit.fresh) !== 0) evidence.fresh = 1;
  else if ((meanings & bit.stale) !== 0) evidence.stale = 1;
  if ((meanings & bit.address) !== 0 && isInAddress(sighting)) evidence.inAddress = 1;
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
function lookAtLine(sighting: Sighting, evidence: Evidence): void {
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
  if ((above & (bit.promo | bit.venue | bit.meeting)) !== 0 && (above & bit.otp) === 0) evidence.otherNounAbove = 1;
  else if ((above & bit.otp) !== 0) evidence.codeWordAbove = 1;
  else if ((above & bit.code) !== 0) evidence.codeNounAbove = 1;
  else if ((above & (bit.ref | bit.phone | bit.card)) !== 0 && (above & (bit.auth | bit.enter)) === 0)
    evidence.referenceAbove = 1;
  if ((above & (bit.enter | bit.auth)) !== 0) evidence.entryAbove = 1;
  if ((below & (bit.otp | bit.code)) !== 0) evidence.codeWordBelow = 1;
  if ((below & (bit.enter | bit.auth)) !== 0) evidence.entryBelow = 1;
}

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

function lookAtSpans(sighting: Sighting, evidence: Evidence): void {
  const { passage, start, end } = sighting;
  if (passage.isWithin('emphasis', start, end)) evidence.emphasis = 1;
  if (passage.isWithin('faint', start, end)) evidence.faint = 1;
  if (passage.isWithin('quoted', start, end)) evidence.quoted = 1;
}

function weighTopic(topic: Topic, evidence: Evidence): void {
  evidence.topicCode = Math.min(1, topic.otp);
  evidence.topicPurpose = Math.min(topic.auth, 3) / 3;
  evidence.topicSecret = Math.min(1, topic.secret);
  evidence.topicUnasked = Math.min(1, topic.unasked);
  evidence.topicValidity = Math.min(1, topic.valid);
  // Where a one-time code is named right here, what else the message mentions matters little.
  const named = Math.max(evidence.codeWordBefore ?? 0, evidence.codeWordBehind ?? 0, evidence.codeWordAbove ?? 0);
  const openness = 1 - 0.65 * named;
  // A booking, an invoice or a notice has no code to type: there, "code" alone is nearly as good.
  const noun = Math.max(evidence.codeNounBefore ?? 0, evidence.codeNounBehind ?? 0, evidence.codeNounAbove ?? 0);
  const matter = 1 - Math.max(0.65 * named, 0.35 * noun);
  evidence.topicPromotion = share(topic.promo) * openness;
  evidence.topicVenue = share(topic.venue) * (1 - 0.4 * named);
  evidence.topicMeeting = share(topic.meeting) * (1 - 0.3 * named);
  evidence.topicParcel = share(topic.parcel) * openness;
  evidence.topicEvent = share(topic.event) * matter;
  evidence.topicBill = share(topic.bill) * matter;
  evidence.topicNotice = share(topic.notice) * matter;
  const others = topic.promo + topic.venue + topic.meeting + topic.parcel + topic.event;
  if (others + topic.bill === 0) evidence.noOtherTopic = 1;
  if (topic.meeting >= 2 && topic.auth <= 1 && topic.secret + topic.valid === 0) evidence.meetingInvitation = 1;
  if (others > 0 && topic.otp + topic.auth + topic.secret === 0) evidence.noAccessAtAll = 1;
}

/** One word may be chance, three are what the message is about. */
function share(count: number): number {
  return [0, 0.6, 0.85, 1][Math.min(count, 3)] ?? 1;
}

/** 1 for words that touch, falling to 0 at about ten words. Scripts without spaces count three to a character. */
function nearness(between: string): number {
  let distance = 0;
  for (let index = 0; index < between.length && distance < 100; index++)
    distance += isUnspacedUnit(between.charCodeAt(index)) ? 3 : 1;
  return distance <= 14 ? 1 : Math.max(0, 1 - (distance - 14) / 70);
}

/** Only signs and the smallest words stand between: "order no. 4471", "ref: 4471", "kod: 4471". */
function isDirect(between: string): boolean {
  return (
    between.length <= 14 &&
    /^[^\p{L}\p{N},;]{0,6}(?:(?:is|es|est|ist|e|é|er|är|jest|to|je|:|no|nr|nº|number|n°|num|id)\b[^\p{L}\p{N}]{0,4}){0,2}$/u.test(
      between,
    )
  );
}
