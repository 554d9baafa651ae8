import type { AuthResults } from '@otpost/contracts';
import { areAligned, domainOf, wordOf } from './read-results.js';

/**
 * What SendGrid says of a mail that it has already taken apart, where there is nothing left to verify. `spf` is a word; `dkim` names
 * domains: `{@example.com : pass, @mail.example.com : fail}`. It says nothing of DMARC.
 */
export function providerResults(given: {
  spf: string | null;
  dkim: string | null;
  mailFrom: string | null;
  fromDomain: string | null;
}): AuthResults {
  const { fromDomain } = given;
  const spfDomain = given.mailFrom === null || given.mailFrom === '' ? null : domainOf(given.mailFrom);
  const spf = given.spf === null ? 'none' : wordOf(given.spf.trim().toLowerCase());
  const signatures = [...(given.dkim ?? '').slice(0, 2_000).matchAll(/@([a-z0-9.-]{1,253}) ?: ?([a-z]{1,10})/gi)]
    .slice(0, 10)
    .map(([, domain = '', result = '']) => ({
      result: wordOf(result.toLowerCase()),
      domain: domain.toLowerCase(),
      selector: null,
    }));
  const proven = [
    ...(spf === 'pass' && spfDomain !== null ? [spfDomain] : []),
    ...signatures.filter(({ result }) => result === 'pass').map(({ domain }) => domain),
  ];
  const isProven = fromDomain !== null && proven.some((domain) => areAligned(domain, fromDomain));
  return {
    checked_by: 'sendgrid',
    spf: { result: spf, domain: spfDomain },
    dkim: signatures,
    dmarc: { result: 'none', domain: null, policy: null },
    authenticated_domain: isProven ? fromDomain : null,
  };
}
