import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { defineRpc, secretText } from '../rpc.js';

/** What a challenge was given, in the clear: for its delivery. */
export const openedCode = z.object({
  id: z.uuid(),
  channel: z.enum(['email', 'sms', 'user', 'authenticator']),
  /** `answer`: the JSON text of a human's dictionary. */
  kind: z.enum(['code', 'link', 'answer']),
  value: secretText,
  received_at: z.iso.datetime(),
});
export type OpenedCode = z.output<typeof openedCode>;

/**
 * Opens what a challenge has claimed, to be delivered now; `null` once it is wiped, or while the challenge holds nothing. The first time
 * starts its last 60 s, in which it may be asked for again. Every time is audited.
 */
export const openReceivedCode = defineRpc({
  pattern: 'vault.received-codes.open',
  request: workspaceCaller.extend({ challenge_id: z.uuid() }),
  response: z.object({ received_code: openedCode.nullable() }),
});

/** Wipes what a challenge holds: it was acknowledged, or will never be delivered. `wiped` is false when nothing was left. */
export const wipeReceivedCode = defineRpc({
  pattern: 'vault.received-codes.wipe',
  request: workspaceCaller.extend({ challenge_id: z.uuid(), reason: z.enum(['acknowledged', 'challenge_ended']) }),
  response: z.object({ wiped: z.boolean() }),
});

/**
 * Keeps a human's answer for its challenge, claimed by it from the start. Whether the challenge takes it (pending, not expired) is its
 * owner's to say: before, and in the transaction that resolves it with `received_code_id`; an answer that came too late is wiped.
 *
 * A challenge holds one code. `stored` is false where it holds one already: `received_code_id` is then that one's and the answer was
 * dropped. So a repeat after a lost response finds the first one's id.
 */
export const depositAnswer = defineRpc({
  pattern: 'vault.received-codes.deposit-answer',
  request: workspaceCaller.extend({
    challenge_id: z.uuid(),
    credential_id: z.uuid().nullable(),
    kind: z.enum(['code', 'answer']),
    /** A code, or the JSON text of a dictionary. */
    answer: secretText,
    /** The challenge's: undelivered, the answer is wiped then, or after 60 s if that is later. */
    expires_at: z.iso.datetime(),
  }),
  response: z.object({ received_code_id: z.uuid(), stored: z.boolean() }),
});
