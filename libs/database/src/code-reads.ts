import { v7 as uuidv7 } from 'uuid';
import type { Queryable } from './lookups.js';

/** Who reads, for the audit entry that is written with the read. */
export interface Reader {
  workspaceId: string;
  actorKind: string;
  actorId: string | null;
  ip: string | null;
  requestId: string | null;
}

export interface OtpSecretRead extends Reader {
  otpSecretId: string;
}

export interface OtpSecretRow {
  otpSecretId: string;
  /** Set: it belongs to a vault entry. */
  credentialId: string | null;
  type: 'totp' | 'hotp';
  algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  digits: number;
  /** Seconds; null for HOTP. */
  period: number | null;
  /** Sealed. */
  secret: Buffer;
  dataKeyId: string;
  seedFingerprint: Buffer;
  /** The workspace wants every hand-out to take a lease. */
  exclusiveTimeSteps: boolean;
}

/**
 * Reads a batch of OTP secrets by id in one round trip, and writes an audit entry for each TOTP one found, durable on return. The
 * n-th answer is for the n-th read; undefined: no such secret in that workspace. For the vault's role.
 */
export async function readOtpSecrets(
  db: Queryable,
  reads: readonly OtpSecretRead[],
): Promise<(OtpSecretRow | undefined)[]> {
  const { rows } = await db.query<OtpSecretRow & Ordinal>({
    name: 'read_otp_secrets',
    text: `SELECT ordinal, credential_id AS "credentialId", ${secretColumns}
           FROM read_otp_secrets($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      reads.map(() => uuidv7()),
      reads.map((read) => read.workspaceId),
      reads.map((read) => read.otpSecretId),
      ...readerColumns(reads),
    ],
  });
  return inOrder(rows, reads.length);
}

export interface CredentialRead extends Reader {
  permissionedUserId: string;
  /** Normalised. */
  domain: string;
}

export interface CredentialRow {
  credentialId: string;
  tfaMethod: 'AUTHENTICATOR' | 'EMAIL' | 'SMS' | 'MAGIC_LINK' | null;
  /** Only of an AUTHENTICATOR. */
  otpSecret: OtpSecretRow | null;
}

/** As `readOtpSecrets`, by the pair that names a credential; undefined: no such credential in that workspace. For the vault's role. */
export async function readCredentialOtpSecrets(
  db: Queryable,
  reads: readonly CredentialRead[],
): Promise<(CredentialRow | undefined)[]> {
  const { rows } = await db.query<
    OtpSecretRow & Ordinal & { credentialId: string; tfaMethod: CredentialRow['tfaMethod']; otpSecretId: string | null }
  >({
    name: 'read_credential_otp_secrets',
    text: `SELECT ordinal, credential_id AS "credentialId", tfa_method AS "tfaMethod", ${secretColumns}
           FROM read_credential_otp_secrets($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      reads.map(() => uuidv7()),
      reads.map((read) => read.workspaceId),
      reads.map((read) => read.permissionedUserId),
      reads.map((read) => read.domain),
      ...readerColumns(reads),
    ],
  });
  return inOrder(rows, reads.length).map((row) => {
    if (row === undefined) return undefined;
    const { tfaMethod, ...otpSecret } = row;
    return { credentialId: row.credentialId, tfaMethod, otpSecret: row.otpSecretId === null ? null : otpSecret };
  });
}

interface Ordinal {
  /** 1-based place in the batch. */
  ordinal: number;
}

const secretColumns = `otp_secret_id AS "otpSecretId", type, algorithm, digits, period, secret, data_key_id AS "dataKeyId",
  seed_fingerprint AS "seedFingerprint", exclusive_time_steps AS "exclusiveTimeSteps"`;

function readerColumns(reads: readonly Reader[]): unknown[] {
  return [
    reads.map((read) => read.actorKind),
    reads.map((read) => read.actorId),
    reads.map((read) => read.ip),
    reads.map((read) => read.requestId),
  ];
}

function inOrder<Row extends Ordinal>(rows: readonly Row[], count: number): (Omit<Row, 'ordinal'> | undefined)[] {
  const answers = new Array<Omit<Row, 'ordinal'> | undefined>(count).fill(undefined);
  for (const { ordinal, ...row } of rows) answers[ordinal - 1] = row;
  return answers;
}
