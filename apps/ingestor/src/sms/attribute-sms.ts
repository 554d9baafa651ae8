import { getDomain, getDomainWithoutSuffix } from 'tldts';
import { extractionHint } from '@otpost/contracts';
import type { AwaitingCredential } from '../messages/look-ups.js';

/** The one credential that a message to a shared number can only be for, or why there is none. */
export type Attribution = { credentialId: string; domain: string; hint: unknown } | { ambiguous: string };

/**
 * Attributes a message to one of the credentials that wait for a code right now. The strongest sign decides alone: the domain that the
 * code is bound to, then the sender that a hint expects, then the service's name. A sign that fits none, or two, leaves it open: a code
 * given to the wrong credential is worse than one withheld.
 */
export function attributeSms(
  message: { from: string; text: string },
  awaiting: readonly AwaitingCredential[],
): Attribution {
  if (awaiting.length === 0) return { ambiguous: 'no_open_challenge' };
  const boundTo = originBoundDomain(message.text);
  if (boundTo !== null) return theOnly(awaiting.filter(({ domain }) => isSameSite(boundTo, domain)));
  const possible = awaiting.filter(({ hint }) => expectedSender(hint) === null || sentBy(message.from, hint));
  const expected = possible.filter(({ hint }) => sentBy(message.from, hint));
  if (expected.length > 0) return theOnly(expected);
  return theOnly(possible.filter(({ domain }) => namesService(message, domain)));
}

function theOnly(fitting: readonly AwaitingCredential[]): Attribution {
  const [one, ...others] = fitting;
  if (one === undefined) return { ambiguous: 'fits_no_open_challenge' };
  if (others.length > 0) return { ambiguous: 'fits_several_open_challenges' };
  return { credentialId: one.credentialId, domain: one.domain, hint: one.hint };
}

/** `@example.com #123456`, the last line of an origin-bound code (WICG "Origin-bound one-time codes delivered via SMS"). */
export function originBoundDomain(text: string): string | null {
  const lastLine = text.trimEnd().slice(-400).split('\n').at(-1) ?? '';
  return /(?:^|\s)@([a-z0-9.-]{1,253}\.[a-z]{2,63}) #\S+/i.exec(lastLine)?.[1]?.toLowerCase() ?? null;
}

function isSameSite(boundTo: string, domain: string): boolean {
  return (
    boundTo === domain ||
    boundTo.endsWith(`.${domain}`) ||
    domain.endsWith(`.${boundTo}`) ||
    siteOf(boundTo) === siteOf(domain)
  );
}

function siteOf(domain: string): string {
  return getDomain(domain, { allowPrivateDomains: true }) ?? domain;
}

function expectedSender(hint: unknown): string | null {
  const parsed = extractionHint.safeParse(hint);
  return parsed.success ? (parsed.data.sender ?? null) : null;
}

/** A number by its digits, a name without regard to case and spaces. */
function sentBy(from: string, hint: unknown): boolean {
  const expected = expectedSender(hint);
  if (expected === null) return false;
  const digits = expected.replace(/[\s().+-]/g, '');
  if (/^[0-9]{3,15}$/.test(digits)) return from.replace(/[^0-9]/g, '') === digits;
  return squash(from).includes(squash(expected));
}

/** The name before the public suffix (`github` of github.com): as the sender, or as a word of the text. */
function namesService({ from, text }: { from: string; text: string }, domain: string): boolean {
  const name = getDomainWithoutSuffix(domain, { allowPrivateDomains: true })?.replaceAll('-', '') ?? '';
  if (name.length < 3) return false;
  const words = new Set(
    `${from}\n${text}`
      .slice(0, 2_000)
      .normalize('NFKC')
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u),
  );
  // `Bank of America` for bankofamerica.com: names long enough to be in no other word.
  return words.has(name) || (name.length >= 8 && squash(`${from} ${text.slice(0, 2_000)}`).includes(name));
}

function squash(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
