import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { extractionHint } from '../ingestor/extraction-hint.js';
import { defineRpc } from '../rpc.js';

/** What a credential asks of the messages whose codes it takes. */
export const inboundPolicy = z.strictObject({
  extraction_hint: extractionHint.nullable(),
  /** Mail must be proven to be its sender's. */
  require_auth: z.boolean(),
  /** Whose mail is taken: normalised, each stands for its subdomains too. Empty: anybody's. */
  allowed_sender_domains: z.array(z.string().min(1).max(253)).max(32),
});

export const inboundPolicyView = z.object({ credential_id: z.uuid(), ...inboundPolicy.shape });

export const readInboundPolicy = defineRpc({
  pattern: 'vault.inbound-policy.read',
  request: workspaceCaller.extend({ credential_id: z.uuid() }),
  response: inboundPolicyView,
});

/** A field that is absent stays. The hint is one field: a new one replaces all of the old one, null removes it. */
export const changeInboundPolicy = defineRpc({
  pattern: 'vault.inbound-policy.change',
  request: workspaceCaller.extend({ credential_id: z.uuid(), change: inboundPolicy.partial() }),
  response: inboundPolicyView,
});
