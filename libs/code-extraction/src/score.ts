import { evidenceAround } from './evidence.js';
import { findByPattern, fitOf } from './hint.js';
import { sightingsIn } from './candidates.js';
import type { Occupied, Sighting } from './sighting.js';
import { reasonOf, type Effect } from './reasons.js';
import { weights, type Evidence, type FeatureName } from './weights.js';
import type { Expectation, Message } from './message.js';
import type { Passage } from './passage.js';
import type { Topic } from './topic.js';

/** One possible code with the evidence of its best sighting. */
export type ScoredCode = {
  readonly value: string;
  /** Log-odds that a person would have picked it. */
  readonly score: number;
  readonly reason: string;
  readonly evidence: Evidence;
  readonly isQuoted: boolean;
};

/** Finds and scores everything that could be the code, best first, one entry per value. */
export function scoreCodes(
  message: Message,
  passages: readonly Passage[],
  topic: Topic,
  expectation: Expectation,
  names: ReadonlySet<string>,
): ScoredCode[] {
  const read = passages.map((passage) => ({ passage, ...sightingsIn(passage, names) }));
  const seen = seenIn(read, names);
  const known = knowledgeOf(message, expectation, passages, names);
  const best = new Map<string, ScoredCode>();
  const namedOtherwise = new Set<string>();
  for (const { sightings, occupied } of read) {
    for (const sighting of sightings) {
      const scored = scoreSighting(sighting, occupied, topic, seen, known);
      if (isNamedOtherwise(scored.evidence)) namedOtherwise.add(scored.value);
      const previous = best.get(scored.value);
      if (previous === undefined || previous.score < scored.score) best.set(scored.value, scored);
    }
  }
  if (known.pattern !== undefined && !best.has(known.pattern))
    best.set(known.pattern, patternOnly(known.pattern, known));
  for (const value of namedOtherwise) {
    const scored = best.get(value);
    if (scored !== undefined && !isNamedOtherwise(scored.evidence) && !isNamedCode(scored.evidence)) {
      best.set(value, finish(value, { ...scored.evidence, namedElsewhere: 1 }));
    }
  }
  return [...best.values()].sort((one, other) => other.score - one.score);
}

/** Turns log-odds into a probability. */
export function probability(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** The number is an order, a ticket, a card where it is named; where it stands bare it is still that. */
function isNamedOtherwise(evidence: Evidence): boolean {
  return (
    evidence.referenceBefore === 1 ||
    evidence.cardBefore === 1 ||
    evidence.otherNounBefore === 1 ||
    evidence.numberSign === 1
  );
}

function isNamedCode(evidence: Evidence): boolean {
  return Math.max(evidence.codeWordBefore ?? 0, evidence.codeNounBefore ?? 0, evidence.originBound ?? 0) > 0.9;
}

type Reading = { passage: Passage; sightings: Sighting[]; occupied: Occupied[] };

/** In which parts each value was seen, and how many plausible numbers the message holds. */
type Seen = {
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
  readonly hasHtml: boolean;
  readonly plausible: number;
  /** How many values of letters and digits. */
  readonly mixed: number;
};

function seenIn(read: readonly Reading[], names: ReadonlySet<string>): Seen {
  const roles = new Map<string, Set<string>>();
  for (const { passage, sightings } of read) {
    for (const { value } of sightings) roles.set(value, (roles.get(value) ?? new Set()).add(passage.role));
  }
  const plausible = [...roles.keys()].filter((value) => /^\d{4,8}$/.test(value)).length;
  const mixed = new Set(
    read.flatMap(({ sightings }) =>
      sightings
        .filter(({ shape, value }) => shape === 'mixed' && !names.has(value.toLowerCase()))
        .map(({ value }) => value),
    ),
  ).size;
  const html = read.find(({ passage }) => passage.role === 'html')?.passage;
  return { roles, hasHtml: html !== undefined && html.text.trim() !== '', plausible, mixed };
}

/** "Re: ...", as mail programs of several languages write it. */
export const replySubject = /^\s*(?:re|aw|sv|vs|odp|antw|rif|res|回复|答复)\s?(?:\[\d+\])?[:：]/i;

/** What is known beside the message's words. */
type Knowledge = {
  readonly expectation: Expectation;
  readonly pattern: string | undefined;
  readonly sender: 'fits' | 'differs' | undefined;
  readonly isPerson: boolean;
  readonly isReply: boolean;
  readonly names: ReadonlySet<string>;
};

function knowledgeOf(
  message: Message,
  expectation: Expectation,
  passages: readonly Passage[],
  names: ReadonlySet<string>,
): Knowledge {
  const from = (message.from ?? '').toLowerCase();
  const wanted = expectation.hint?.sender?.toLowerCase();
  const all = passages.map((passage) => passage.text).join('\n');
  return {
    expectation,
    pattern: expectation.hint?.pattern === undefined ? undefined : findByPattern(expectation.hint, all),
    sender: wanted === undefined || wanted === '' ? undefined : from.includes(wanted) ? 'fits' : 'differs',
    // A full telephone number as the sender of an SMS is mostly somebody's own; services have names and short numbers.
    isPerson: message.channel === 'sms' && /^\+?[\d ()-]{9,}$/.test(from),
    // An answer in a thread. A service starts one with each code.
    isReply: replySubject.test(message.subject ?? ''),
    names,
  };
}

function scoreSighting(
  sighting: Sighting,
  occupied: readonly Occupied[],
  topic: Topic,
  seen: Seen,
  known: Knowledge,
): ScoredCode {
  const evidence = evidenceAround(sighting, occupied, topic);
  const roles = seen.roles.get(sighting.value);
  if (roles !== undefined) {
    if (seen.hasHtml && !roles.has('html') && !roles.has('subject')) evidence.missingFromHtml = 1;
    if (roles.has('subject') && roles.size > 1) evidence.inSubjectAndBody = 1;
    if (roles.has('text') && roles.has('html')) evidence.inTextAndHtml = 1;
  }
  if (seen.plausible === 1 && /^\d{4,8}$/.test(sighting.value)) evidence.onlyNumber = 1;
  if (evidence.capitals === 1 && seen.plausible > 0) evidence.capitalsBesideNumber = 1;
  if (known.isReply && sighting.passage.text.length > mostTerse) evidence.inThread = 1;
  if (known.isPerson) evidence.fromPerson = 1;
  if (known.isPerson && /^\p{Ll}/u.test(sighting.passage.text)) evidence.personalNote = 1;
  if (seen.plausible === 0 && seen.mixed === 1 && sighting.shape === 'mixed') evidence.onlyMixed = 1;
  const isUsualForm = (evidence.looksLikeId ?? evidence.manyDigits ?? evidence.threeDigits) === undefined;
  if (isUsualForm && isTerse(sighting) && evidence.noOtherTopic === 1)
    evidence.terse = Math.max(0, 1 - sighting.passage.strangeWords.length * 0.4);
  addOrigin(sighting, known, evidence);
  addKnowledge(sighting.value, known, evidence);
  return finish(sighting.value, evidence);
}

/** "Wyze 2FA 2209": nothing else is said in so few words, and no other number. */
function isTerse({ passage, start, end }: Sighting): boolean {
  const { role, text } = passage;
  if (role !== 'text' || text.trim().length > mostTerse) return false;
  const rest = (text.slice(0, start) + text.slice(end)).replace(time, '');
  return /\p{L}/u.test(rest) && !/\d/.test(rest);
}

/** Characters. */
const mostTerse = 45;
const time = /\b\d{1,2}:\d\d\b/g;

function addOrigin(sighting: Sighting, known: Knowledge, evidence: Evidence): void {
  if (sighting.origin === undefined) return;
  evidence.originBound = 1;
  const { domain } = known.expectation;
  if (domain === undefined) return;
  if (belongsTo(sighting.origin, domain)) evidence.originFits = 1;
  else evidence.originForeign = 1;
}

function addKnowledge(value: string, known: Knowledge, evidence: Evidence): void {
  const { hint } = known.expectation;
  if (known.names.has(value.toLowerCase())) evidence.isServiceName = 1;
  if (known.sender === 'fits') evidence.senderFits = 1;
  if (known.sender === 'differs') evidence.senderDiffers = 1;
  if (hint === undefined) return;
  const fit = fitOf(hint, value);
  if (fit.length === true) evidence.lengthFits = 1;
  if (fit.length === true && evidence.threeDigits === 1) delete evidence.threeDigits;
  if (fit.length === false) evidence.lengthDiffers = 1;
  if (fit.alphabet === false) evidence.alphabetDiffers = 1;
  if (hint.pattern === undefined) return;
  if (known.pattern !== undefined && sameCode(known.pattern, value)) evidence.patternFits = 1;
  else evidence.patternMissed = 1;
}

function patternOnly(value: string, known: Knowledge): ScoredCode {
  const evidence: Evidence = {};
  addKnowledge(value, known, evidence);
  return finish(value, evidence);
}

function finish(value: string, evidence: Evidence): ScoredCode {
  let score: number = weights.base;
  const effects: Effect[] = [];
  for (const [name, amount] of Object.entries(evidence) as [FeatureName, number][]) {
    const effect = weights[name] * amount;
    score += effect;
    effects.push({ name, effect });
  }
  return { value, score, reason: reasonOf(effects, score), evidence, isQuoted: evidence.quoted === 1 };
}

function sameCode(found: string, value: string): boolean {
  return found === value || found.replace(/[\s-]/g, '') === value;
}

/** Whether one host name is the other or a subdomain of it. */
export function belongsTo(host: string, domain: string): boolean {
  const one = host.toLowerCase().replace(/^www\./, '');
  const other = domain.toLowerCase().replace(/^www\./, '');
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}
