import { domainToASCII } from 'node:url';
import { getDomain } from 'tldts';
import type { AuthenticateResult } from 'mailauth';
import type { AuthResult, AuthResults } from '@otpost/contracts';

/** mailauth's results as we keep them, and the one conclusion: which domain is proven. `fromDomain` as the parser read it. */
export function readResults(results: AuthenticateResult, fromDomain: string | null): AuthResults {
  const { spf, dkim, dmarc } = results;
  // An ARC seal is among the signatures too; it has no body hash, and is no DKIM signature.
  const signatures = dkim.results.filter(
    (one) => one.signingDomain && 'bodyHashExpecting' in one && one.bodyHashExpecting,
  );
  const spfDomain = spf ? spf.domain.toLowerCase() : null;
  const spfResult = spf ? wordOf(spf.status.result) : 'none';
  const dmarcResult = dmarc ? wordOf(dmarc.status.result) : 'none';
  const provenBy = [
    ...(spfResult === 'pass' && spfDomain !== null ? [spfDomain] : []),
    // A signature over a part of the body (l=) proves nothing of what follows that part.
    ...signatures
      .filter(({ status }) => status.result === 'pass' && !status.underSized)
      .map(({ signingDomain }) => signingDomain.toLowerCase()),
  ];
  const froms = new Set(dkim.headerFrom.map(domainOf));
  const one = froms.size === 1 && dkim.headerFrom.length === 1 ? [...froms][0] : undefined;
  const isProven =
    one !== undefined &&
    one === fromDomain &&
    dmarcResult !== 'fail' &&
    provenBy.some((proven) => areAligned(proven, one));
  return {
    checked_by: 'otpost',
    spf: { result: spfResult, domain: spfDomain },
    dkim: signatures.slice(0, 10).map(({ status, signingDomain, selector }) => ({
      result: wordOf(status.result),
      domain: signingDomain.toLowerCase(),
      selector: selector ?? null,
    })),
    dmarc: { result: dmarcResult, domain: dmarc ? dmarc.domain : null, policy: dmarc ? (dmarc.policy ?? null) : null },
    authenticated_domain: isProven ? one : null,
  };
}

/** Relaxed alignment (RFC 7489, section 3.1): one organisational domain. A stricter policy of the domain's own has been applied by then. */
export function areAligned(proven: string, from: string): boolean {
  return proven === from || (getDomain(proven) !== null && getDomain(proven) === getDomain(from));
}

/** The host part of an address, in lower case and ASCII. */
export function domainOf(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return domainToASCII(domain) || domain;
}

/** What is not in the words of RFC 8601 is an error of the moment. */
export function wordOf(result: string): AuthResult {
  return words.has(result) ? (result as AuthResult) : 'temperror';
}

const words = new Set(['pass', 'fail', 'softfail', 'neutral', 'none', 'policy', 'temperror', 'permerror']);
