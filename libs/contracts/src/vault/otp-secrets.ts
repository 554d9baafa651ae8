import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretText } from '../rpc.js';

export const otpAlgorithm = z.enum(['SHA1', 'SHA256', 'SHA512']);
export const otpDigits = z.union([z.literal(6), z.literal(8)]);
export const otpPeriod = z.int().min(1).max(300);
export const otpLabel = z.string().trim().min(1).max(256);
/** RFC 4226 counts in 64 bits; JSON numbers are exact to 53, which at a code a second lasts 285 million years. */
export const hotpCounter = z.int().min(0);

/** What may be said of a new OTP secret. `uri` overrides all the rest. */
export const newOtpSecret = z.strictObject({
  type: z.enum(['totp', 'hotp']),
  label: otpLabel.optional(),
  issuer: z.string().trim().max(256).nullish(),
  /** Base32 as sites hand it out. 160 random bits when neither it nor `uri` is there. */
  secret: secretText.optional(),
  uri: secretText.optional(),
  algorithm: otpAlgorithm.optional(),
  digits: otpDigits.optional(),
  period: otpPeriod.optional(),
  counter: hotpCounter.optional(),
});

/** An OTP secret as anyone may see it: all but the secret. */
export const otpSecretView = z.object({
  id: z.uuid(),
  type: z.enum(['totp', 'hotp']),
  label: z.string(),
  issuer: z.string().nullable(),
  algorithm: otpAlgorithm,
  digits: z.int(),
  /** Seconds; of TOTP alone. */
  period: z.int().nullable(),
  /** The next counter that will be used; of HOTP alone. */
  counter: hotpCounter.nullable(),
  created_at: z.iso.datetime(),
});
export type OtpSecretView = z.output<typeof otpSecretView>;

/** The same on the day it is made, with the secret in base32: `null` once it was shown and its repeat window is over. */
export const createdOtpSecret = otpSecretView.extend({ secret: secretText.nullable() });

export const createOtpSecret = defineRpc({
  pattern: 'vault.otp-secrets.create',
  request: workspaceCaller.extend({ otp_secret: newOtpSecret, idempotency: idempotency.nullable() }),
  response: z.object({ otp_secret: createdOtpSecret, status: z.int() }),
  delivery: 'at-most-once',
});

export const importOtpSecrets = defineRpc({
  pattern: 'vault.otp-secrets.import',
  request: workspaceCaller.extend({ uris: z.array(secretText).min(1).max(100), idempotency: idempotency.nullable() }),
  response: z.object({
    items: z.array(otpSecretView),
    /** Accounts of the export that otpost cannot hold, with the reason. */
    skipped: z.array(z.object({ index: z.int(), label: z.string(), reason: z.string() })),
    status: z.int(),
  }),
  delivery: 'at-most-once',
});

export const listOtpSecrets = defineRpc({
  pattern: 'vault.otp-secrets.list',
  request: workspaceCaller.extend({ type: z.enum(['totp', 'hotp']).nullable(), page: pageRequest }),
  response: pageOf(otpSecretView),
});

export const getOtpSecret = defineRpc({
  pattern: 'vault.otp-secrets.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: otpSecretView,
});

export const deleteOtpSecret = defineRpc({
  pattern: 'vault.otp-secrets.delete',
  request: workspaceCaller.extend({ id: z.uuid(), type: z.enum(['totp', 'hotp']).nullable() }),
  response: z.object({}),
  // Done twice it would tell of a thing that is not there.
  delivery: 'at-most-once',
});

/** The current TOTP code: the code path. Reading it twice is harmless. */
export const readTotpCode = defineRpc({
  pattern: 'vault.otp-secrets.read-totp-code',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: z.object({ code: secretText, expires_in_seconds: z.int() }),
});

const takenCode = z.discriminatedUnion('type', [
  z.object({ type: z.literal('totp'), code: secretText, expires_in_seconds: z.int() }),
  z.object({ type: z.literal('hotp'), code: secretText, counter: hotpCounter }),
  /** The window is about to close: ask again at this time, epoch milliseconds. */
  z.object({ type: z.literal('wait'), opens_at_ms: z.int() }),
]);

/** A code of either kind. HOTP takes one counter step, so it never runs twice. */
export const takeOtpCode = defineRpc({
  pattern: 'vault.otp-secrets.take-code',
  request: workspaceCaller.extend({
    id: z.uuid(),
    min_validity_seconds: z.int().min(0).max(300),
    idempotency: idempotency.nullable(),
  }),
  response: takenCode,
  delivery: 'at-most-once',
});

/** RFC 4226 section 7.4: two consecutive codes find the counter again. */
export const resyncHotp = defineRpc({
  pattern: 'vault.otp-secrets.resync',
  request: workspaceCaller.extend({ id: z.uuid(), codes: z.tuple([secretText, secretText]) }),
  response: otpSecretView,
  delivery: 'at-most-once',
});
