import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { defineRpc } from '../rpc.js';
import { credentialPair, tfaMethod } from './credentials.js';

/** What a challenge is about: a vault entry by id or by pair, or an OTP secret on its own. */
export const challengeTarget = z.union([
  z.strictObject({ credential_id: z.uuid() }),
  credentialPair,
  z.strictObject({ otp_secret_id: z.uuid() }),
]);
export type ChallengeTarget = z.output<typeof challengeTarget>;

/** Which factors a target has, and nothing that it is made of. */
export const describeFactors = defineRpc({
  pattern: 'vault.credentials.describe-factors',
  request: workspaceCaller.extend({ target: challengeTarget }),
  response: z.object({
    credential_id: z.uuid().nullable(),
    tfa_method: tfaMethod.nullable(),
    otp_secret: z
      .object({
        id: z.uuid(),
        type: z.enum(['totp', 'hotp']),
        /** Seconds; of TOTP alone. */
        period: z.int().nullable(),
      })
      .nullable(),
  }),
});

/**
 * Makes the code of an OTP secret for a challenge and keeps it sealed for it, claimed from the start: it leaves by
 * `vault.received-codes.open` alone. However often it is asked, a challenge gets one code: a HOTP step, or a leased time step, is
 * taken in the transaction that keeps its code.
 *
 * `wait`: no code yet, ask again then. An exclusive challenge has by then a time step of its own, unless none is left before
 * `expires_at`. The code is right until `valid_until`; null for HOTP.
 */
export const takeForChallenge = defineRpc({
  pattern: 'vault.otp-secrets.take-for-challenge',
  request: workspaceCaller.extend({
    challenge_id: z.uuid(),
    otp_secret_id: z.uuid(),
    exclusive: z.boolean(),
    min_validity_seconds: z.int().min(0).max(300),
    /** The challenge's. */
    expires_at: z.iso.datetime(),
  }),
  response: z.discriminatedUnion('type', [
    z.object({ type: z.literal('taken'), received_code_id: z.uuid(), valid_until: z.iso.datetime().nullable() }),
    z.object({ type: z.literal('wait'), opens_at_ms: z.int() }),
  ]),
});
