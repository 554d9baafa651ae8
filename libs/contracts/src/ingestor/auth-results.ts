import { z } from 'zod';

const result = z.enum(['pass', 'fail', 'softfail', 'neutral', 'none', 'policy', 'temperror', 'permerror']);
export type AuthResult = z.output<typeof result>;

/**
 * What `inbound_message.auth_results` holds: how a mail's sender was proven (RFC 8601 words). Null in the row: an SMS, or not known
 * yet. Domains only, in lower case.
 */
export const authResults = z.object({
  /** Who checked: otpost itself, or the provider that posted an already parsed mail and is believed. */
  checked_by: z.enum(['otpost', 'sendgrid']),
  spf: z.object({ result, domain: z.string().nullable() }),
  dkim: z.array(z.object({ result, domain: z.string(), selector: z.string().nullable() })),
  dmarc: z.object({ result, domain: z.string().nullable(), policy: z.string().nullable() }),
  /** The domain of the From address where a check has proven it, aligned as DMARC asks (RFC 7489, section 3.1); else null. */
  authenticated_domain: z.string().nullable(),
});
export type AuthResults = z.output<typeof authResults>;
