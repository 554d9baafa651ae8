import { probability, type ScoredCode } from './score.js';
import type { Candidate, Extraction } from './message.js';
import type { ScoredLink } from './links.js';

/**
 * One decision from the ranked candidates: the best code if it is likelier than not and stands out; a link where there
 * is no code, or beside a code where it is all but certain. Two that a person could not tell apart are ambiguous, and
 * ambiguous means nothing: a wrong code locks accounts, a missing one asks a human.
 */
export function decide(codes: readonly ScoredCode[], links: readonly ScoredLink[]): Extraction {
  const link = pick(links, (one, other) => haveNoPlaceInCommon(one.roles, other.roles), linkLead);
  const isLinkCertain = (link.chosen?.score ?? 0) >= besideCode;
  // Who is sent a link needs no code: a number beside it is mostly something else.
  const likely = isLinkCertain ? codes.filter(({ score }) => score >= besideLink) : codes;
  const code = pick(likely, (one, other) => isOlder(other) && !isOlder(one), codeLead);
  const candidates = rank(codes, links);
  const chosenLink =
    link.chosen !== undefined && (code.chosen === undefined || isLinkCertain) ? link.chosen : undefined;
  if (code.chosen !== undefined) {
    return {
      code: code.chosen.value,
      link: code.isAmbiguous ? null : (chosenLink?.url ?? null),
      confidence: round(probability(code.chosen.score)),
      reason: code.chosen.reason,
      candidates,
    };
  }
  if (code.isAmbiguous) return nothing('ambiguous-codes', 0.5, candidates);
  if (chosenLink !== undefined) {
    return {
      code: null,
      link: chosenLink.url,
      confidence: round(probability(chosenLink.score)),
      reason: chosenLink.reason,
      candidates,
    };
  }
  if (link.isAmbiguous) return nothing('ambiguous-links', 0.5, candidates);
  const likeliest = Math.max(0, ...candidates.map((candidate) => candidate.confidence));
  return nothing(candidates.length === 0 ? 'no-candidate' : 'no-likely-candidate', 1 - likeliest, candidates);
}

/** Log-odds above which a candidate is taken: likelier than not. */
const threshold = 0;
/** By how much, in log-odds, a code must lead the next one. */
const codeLead = 1.1;
const linkLead = 0.6;
/** What a link must reach to be given beside a code. */
const besideCode = 3.5;
/** What a code must reach beside such a link. */
const besideLink = 0.6;
const mostCandidates = 20;

type Scored = { readonly score: number };

function pick<T extends Scored>(
  ranked: readonly T[],
  isNoRival: (one: T, other: T) => boolean,
  lead: number,
): { chosen: T | undefined; isAmbiguous: boolean } {
  const first = ranked[0];
  if (first === undefined || first.score < threshold) return { chosen: undefined, isAmbiguous: false };
  const rival = ranked.slice(1).find((other) => !isNoRival(first, other));
  const isAmbiguous = rival !== undefined && rival.score >= threshold && first.score - rival.score < lead;
  return { chosen: isAmbiguous ? undefined : first, isAmbiguous };
}

/** What a reply quotes, or the message calls expired, is no rival of what it says is new. */
function isOlder(code: ScoredCode): boolean {
  return code.isQuoted || (code.evidence.stale ?? 0) > 0;
}

/** The text part's link and the HTML part's may be one link, wrapped by a tracker in one of them. */
function haveNoPlaceInCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return ![...one].some((role) => other.has(role));
}

function rank(codes: readonly ScoredCode[], links: readonly ScoredLink[]): Candidate[] {
  const all: Candidate[] = [
    ...codes.slice(0, mostCandidates).map(({ value, score, reason }): Candidate => ({
      kind: 'code',
      value,
      confidence: round(probability(score)),
      reason,
    })),
    ...links.slice(0, mostCandidates).map(({ url, score, reason }): Candidate => ({
      kind: 'link',
      value: url,
      confidence: round(probability(score)),
      reason,
    })),
  ];
  return all.sort((one, other) => other.confidence - one.confidence).slice(0, mostCandidates);
}

function nothing(reason: string, confidence: number, candidates: readonly Candidate[]): Extraction {
  return { code: null, link: null, confidence: round(confidence), reason, candidates };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
