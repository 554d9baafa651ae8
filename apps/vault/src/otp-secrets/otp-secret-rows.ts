import { v7 as uuidv7 } from 'uuid';
import type { OtpSecret, Transaction } from '@otpost/database';
import { contentFingerprint, deriveKey, open, seal } from '@otpost/envelope';
import { AppError, fieldError, type OtpSecretView } from '@otpost/contracts';
import { OtpError, type OtpAccount } from '@otpost/otp';
import type { DataKeys } from '../keys/data-keys.js';
import { clientEncryptionKeyOf } from '../workspaces/client-encryption-key.js';

/** Where the seed of an OTP secret is sealed to. */
export function seedPlace(workspaceId: string, rowId: string) {
  return { workspaceId, table: 'otp_secret', rowId, column: 'secret' };
}

/** Writes an account as a row of its own, or inside a credential. Returns its id. */
export async function insertOtpSecret(
  tx: Transaction,
  dataKeys: DataKeys,
  workspaceId: string,
  account: OtpAccount,
  credentialId: string | null = null,
): Promise<string> {
  const id = uuidv7();
  const seedFingerprint = await fingerprintSeed(tx, dataKeys, workspaceId, account.secret);
  await dataKeys.useActive(tx, workspaceId, async (key) => {
    await tx.otpSecret.create({
      data: {
        id,
        workspaceId,
        credentialId,
        type: account.type,
        label: account.label,
        issuer: account.issuer,
        algorithm: account.algorithm,
        digits: account.digits,
        period: account.type === 'totp' ? account.periodSeconds : null,
        counter: account.type === 'hotp' ? BigInt(account.counter) : null,
        secret: seal(key, account.secret, seedPlace(workspaceId, id)),
        dataKeyId: key.id,
        seedFingerprint,
      },
    });
  });
  return id;
}

/** The account of a row, with its seed in the clear: zero it after use. */
export async function openAccount(dataKeys: DataKeys, row: OtpSecret): Promise<OtpAccount> {
  const secret = await dataKeys.use(row.workspaceId, row.dataKeyId, (key) =>
    open(key, row.secret, seedPlace(row.workspaceId, row.id)).reveal(),
  );
  const parameters = { secret, algorithm: row.algorithm, digits: row.digits, label: row.label, issuer: row.issuer };
  return row.type === 'totp'
    ? { type: 'totp', ...parameters, periodSeconds: row.period ?? 30 }
    : { type: 'hotp', ...parameters, counter: Number(row.counter ?? 0n) };
}

export function viewOfOtpSecret(row: OtpSecret): OtpSecretView {
  return {
    id: row.id,
    type: row.type,
    label: row.label,
    issuer: row.issuer,
    algorithm: row.algorithm,
    digits: row.digits,
    period: row.period,
    counter: row.counter === null ? null : Number(row.counter),
    created_at: row.createdAt.toISOString(),
  };
}

/**
 * Runs a parser of libs/otp; what it refuses becomes a validation error of the field that the client sent.
 * @param field the client's own name of what was parsed; absent, the parser's
 */
export function refusing<T>(parse: () => T, field?: string): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof OtpError) throw fieldError(field ?? error.field, error.message);
    throw error;
  }
}

/** Of two rows with one seed, which time steps are the same. Keyed, so that nobody can test a guess against the table. */
async function fingerprintSeed(tx: Transaction, dataKeys: DataKeys, workspaceId: string, seed: Uint8Array) {
  const master = await clientEncryptionKeyOf(tx, dataKeys, workspaceId);
  return contentFingerprint(deriveKey(Buffer.from(master.reveal(), 'hex'), 'seed fingerprint'), 'otp seed', seed);
}

export function hotpRefused(): AppError {
  return new AppError('hotp_needs_post', 'this is a HOTP secret: use POST /v1/otp-secrets/{id}/code or a challenge');
}
