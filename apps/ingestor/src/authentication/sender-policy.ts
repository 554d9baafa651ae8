import type { AuthResults } from '@otpost/contracts';
import { areAligned } from './read-results.js';

/** What a credential asks of the mail whose code it takes. */
export interface SenderPolicy {
  requireAuth: boolean;
  /** Empty: any. A domain stands for its subdomains too. */
  allowedSenderDomains: readonly string[];
}

/** Whether the results have to be there before the code is deposited. */
export function needsResults({ requireAuth, allowedSenderDomains }: SenderPolicy): boolean {
  return requireAuth || allowedSenderDomains.length > 0;
}

/**
 * Why the policy refuses a mail, as a stable word, or null where it takes it.
 *
 * `require_auth` wants proof. `allowed_sender_domains` alone wants an expected From, and no check that says it is forged: many who send
 * codes sign nothing, and a mailbox that sends mail on breaks SPF. Together: proof, of one of those domains.
 */
export function refusalOf(policy: SenderPolicy, fromDomain: string | null, results: AuthResults): string | null {
  const { requireAuth, allowedSenderDomains } = policy;
  const allowed = allowedSenderDomains.map((domain) => domain.toLowerCase());
  if (allowed.length > 0) {
    const isAllowed = allowed.some((domain) => fromDomain === domain || fromDomain?.endsWith(`.${domain}`));
    if (!isAllowed) return 'sender_domain_not_allowed';
    if (!requireAuth && looksForged(fromDomain ?? '', results)) return 'sender_looks_forged';
  }
  if (requireAuth && results.authenticated_domain === null) {
    const { spf, dmarc } = results;
    return spf.result === 'temperror' || dmarc.result === 'temperror'
      ? 'sender_could_not_be_verified'
      : 'sender_not_authenticated';
  }
  return null;
}

/** The domain publishes how its mail is known, and this one is not: nothing proves it, and something says no. */
function looksForged(fromDomain: string, results: AuthResults): boolean {
  if (results.authenticated_domain !== null) return false;
  const { spf, dkim, dmarc } = results;
  const contradicted = (result: string, domain: string | null) =>
    result === 'fail' && domain !== null && areAligned(domain, fromDomain);
  return (
    dmarc.result === 'fail' ||
    contradicted(spf.result, spf.domain) ||
    dkim.some(({ result, domain }) => contradicted(result, domain))
  );
}
