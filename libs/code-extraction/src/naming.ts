import { bit, type Term } from './vocabulary.js';
import { isUnspacedUnit } from './scripts.js';
import type { Evidence } from './weights.js';
import type { Occupied, Sighting } from './sighting.js';
import type { Passage } from './passage.js';

/** The nearest noun to the left names the number, unless it has named another one in between. */
export function lookBefore(sighting: Sighting, from: number, occupied: readonly Occupied[], evidence: Evidence): void {
  const { passage, start } = sighting;
  const terms = passage.termsIn(from, start);
  let hasEntry = false;
  if (copula.test(passage.folded.slice(Math.max(0, start - 12), start))) evidence.copulaBefore = 1;
  let named = false;
  let isNamedDirectly = false;
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
    if ((term.meanings & (bit.auth | bit.ref)) === bit.auth && others === 0 && isDirect(between)) {
      evidence.purposeNamesIt = evidence.copulaBefore === 1 ? 1 : 0.6;
    }
    if (named && (term.meanings & bit.otp) !== 0 && evidence.otherNounBefore !== undefined && others === 0) {
      // "mTAN for your locker account: 4471": the other noun is what the code is for.
      evidence.codeWordBefore ??= near * (isNamedDirectly ? 0 : 0.8);
      if (!isNamedDirectly) evidence.otherNounBefore *= 0.3;
    }
    if (
      named &&
      (term.meanings & codesOnly) !== 0 &&
      (term.meanings & otherNouns) === 0 &&
      endsPurpose(evidence, others)
    ) {
      // "Your one-time passcode to sign in to My Account is 4471": the other noun only ends what it is for.
      evidence.codeWordBefore = near * 0.8;
      delete evidence.referenceBefore;
      delete evidence.phoneBefore;
    }
    if (named || (term.meanings & nouns) === 0) continue;
    const isAccess = hasNeighbour(passage, terms, index);
    const before = terms[index - 1];
    // "Lot code", "route code": one of something else.
    const isOfOther =
      before !== undefined && (before.meanings & (bit.ref | bit.auth)) === bit.ref && term.start - before.end === 1;
    if (isNumberOf(terms, index) && isDirect(between) && others === 0) {
      evidence.referenceBefore = 1;
      named = true;
      continue;
    }
    isNamedDirectly = isDirect(between);
    if (isCodeOfOther(passage, terms, index) && others === 0) {
      evidence.otherNounBefore = near;
      named = true;
      continue;
    }
    named = nameBy(term, isAccess, between, isOfOther ? near * 0.4 : near, others, evidence);
  }
  // "use 663510228814472 PIN 4410": a gift card and its PIN.
  const last = occupied.filter((other) => other.end <= start && other.start >= from).pop();
  if (last !== undefined && /^\d{12,}$/.test(passage.text.slice(last.start, last.end))) evidence.behindLongNumber = 1;
  if (isBehindCapitals(passage, start)) evidence.behindCapitals = 1;
  const mark = passage.text.charAt(start - 1);
  // "4471#" is keyed in at a door or on a telephone.
  if (
    mark === '#' ||
    passage.text.charAt(sighting.end) === '#' ||
    /(?:№|nº|n°|no\.|nr\.) ?$/i.test(passage.text.slice(Math.max(0, start - 4), start))
  )
    evidence.numberSign = 1;
}

const codesOnly = bit.otp | bit.code;
const otherNouns = bit.ref | bit.phone | bit.promo | bit.venue | bit.meeting;

/** "... is 4471": the noun right before it is no more than the end of what the code is for. */
function endsPurpose(
  { copulaBefore, purposeNamesIt, referenceBefore, phoneBefore }: Evidence,
  others: number,
): boolean {
  const isOther = referenceBefore === 1 || phoneBefore === 1;
  return isOther && copulaBefore === 1 && purposeNamesIt === undefined && others === 0;
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

/** "Locker code", "code for the driver", "受取コード": a bare noun for a code, told to be one of something else. */
function isCodeOfOther(passage: Passage, terms: readonly Term[], index: number): boolean {
  const noun = terms[index];
  if (noun === undefined || (noun.meanings & (bit.code | bit.otp)) !== bit.code) return false;
  const isOther = (term: Term | undefined): term is Term =>
    term !== undefined && (term.meanings & others) !== 0 && (term.meanings & (bit.auth | bit.otp)) === 0;
  const before = terms[index - 1];
  const isReference = before !== undefined && (before.meanings & (bit.ref | bit.auth | bit.otp)) === bit.ref;
  if ((isReference || isOther(before)) && noun.start - before.end <= 1) return true;
  const after = terms[index + 1];
  return isOther(after) && preposition.test(passage.folded.slice(noun.end, after.start));
}

const others = bit.promo | bit.venue | bit.meeting | bit.parcel | bit.event;
const preposition =
  /^ (?:(?:for|to|de|do|da|del|della|di|du|des|per|para|pour|fur|zum|voor|til|till|for|pro|do|dla|для|за|על|של) )(?:the |your |la |el |il |le |les |den |die |das |der |de |het |o |a |mi |tu )?$/u;

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
    if (direct && others === 0 && near > 0.5) evidence.directlyNamed = 1;
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
export function lookBehind(sighting: Sighting, to: number, occupied: readonly Occupied[], evidence: Evidence): void {
  const { passage, end } = sighting;
  if (copulaBehind.test(passage.folded.slice(end, end + 10))) evidence.copulaBehind = 1;
  const next = occupied.find((other) => other.isPlain && other.start >= end);
  const terms = passage.termsIn(end, Math.min(to, next?.start ?? to));
  let named = false;
  let reported = 1;
  for (const term of terms) {
    const between = passage.text.slice(end, term.start);
    const near = nearness(between) * reported;
    if (near <= 0) break;
    // "API-4Q2 - AuthError: invalid verification code".
    if ((term.meanings & (bit.notice | bit.stale)) !== 0) reported = 0.3;
    if (
      (term.meanings & bit.enter) !== 0 &&
      evidence.entryBehind === undefined &&
      !instrument.test(passage.folded.slice(term.start, term.end))
    )
      evidence.entryBehind = near;
    if ((term.meanings & bit.auth) !== 0 && evidence.purposeBehind === undefined) evidence.purposeBehind = near;
    if ((term.meanings & (bit.notice | bit.stale)) !== 0 && report.test(passage.folded.slice(end, term.start)))
      evidence.reportBehind = 1;
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
      // "8102 (trip 30918842 ...)": it names the next number.
      !/^ ?[#:]? ?\d/.test(passage.text.slice(term.end, term.end + 4)) &&
      /^ ?(?:\(|[-–—:=]|is|es|est|ist|é|è|er|är) ?(?:your|the|our|tu|su|votre|ta|le|la|il|ihre?|die|de|din)? ?$/.test(
        between,
      )
    ) {
      evidence.referenceBehind = 1;
      named = true;
    }
  }
}

/** "... is 123456", "...: 123456", in the languages that have such a word. */
const copula =
  /(?:(?:^|[^\p{L}])(?:is|es|eh|est|ist|lautet|e|er|ar|to|jest|je|on|la|ni|adalah|ialah|este|هو|הוא|ειναι)|[是为為은는:=>»→-]|คือ) ?["'*«“【[(]? ?$/u;

/** "123456 is ...". */
const copulaBehind =
  /^["'*»”】)\]]? ?(?:= |(?:is|es|est|ist|e|er|ar|je|jest|este|ni|adalah|ialah|la)(?=[^\p{L}])|是|为|為|은|는|が|は|هو|הוא|คือ|ειναι)/u;

/** "Confirm with 4471", but not "4471 with". */
const instrument = /^(?:with|using|via|avec|con|com|mit|met|med)$/;

/** "4471 was used", "482016 rejected": what happened to the number. */
const report = /^["')]? ?(?:was|were|is|has|had been|has been|got|ha sido|fue|wurde|a ete|foi|e stato|e stata)? ?$/u;

const nouns = bit.otp | bit.code | bit.digits | bit.ref | bit.card | bit.phone | bit.promo | bit.venue | bit.meeting;

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
    /^[^\p{L}\p{N},;،、，]{0,6}(?:(?:is|es|est|ist|e|é|er|är|jest|to|je|:|no|nr|nº|number|n°|num|id)\b[^\p{L}\p{N}]{0,4}){0,2}$/u.test(
      between,
    )
  );
}
