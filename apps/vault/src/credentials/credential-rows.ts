import { AppError, notFound } from '@otpost/contracts';
import { Prisma, type Transaction } from '@otpost/database';
import { openText, seal, type DataKey, type Place, type Secret } from '@otpost/envelope';
import type { DataKeys } from '../keys/data-keys.js';
import { openAccount } from '../otp-secrets/otp-secret-rows.js';
import {
  clientFields,
  columnOf,
  sealedFields,
  type ClientField,
  type ColumnOf,
  type Pair,
  type SealedField,
} from './credential-fields.js';
import type { GivenFields } from './read-given.js';
import type { SecondFactor } from './second-factor.js';

/** A credential with the rows that belong to it. */
export const withParts = {
  otpSecret: true,
  inbox: { include: { addresses: { where: { validUntil: null } } } },
  phoneNumber: { select: { e164: true } },
} satisfies Prisma.CredentialInclude;
export type CredentialRow = Prisma.CredentialGetPayload<{ include: typeof withParts }>;

/** The sealed fields of an entry, in the clear. */
export type SealedTexts = Record<SealedField, Secret | null>;

/** Where a sealed field is sealed to: its column has its name. */
export function credentialPlace(workspaceId: string, rowId: string, column: SealedField): Place {
  return { workspaceId, table: 'credential', rowId, column };
}

export function sealFields(key: DataKey, workspaceId: string, rowId: string, texts: Partial<SealedTexts>) {
  const columns: Partial<Record<ColumnOf<SealedField>, Uint8Array<ArrayBuffer> | null>> = {};
  for (const field of sealedFields) {
    const text = texts[field];
    if (text === undefined) continue;
    columns[columnOf(field)] =
      text === null ? null : seal(key, text.reveal(), credentialPlace(workspaceId, rowId, field));
  }
  return columns;
}

export async function openFields(dataKeys: DataKeys, row: CredentialRow): Promise<SealedTexts> {
  const { id, workspaceId } = row;
  return dataKeys.use(workspaceId, row.dataKeyId, (key) => {
    const texts = {} as SealedTexts;
    for (const field of sealedFields) {
      const sealed = row[columnOf(field)];
      texts[field] = sealed === null ? null : openText(key, sealed, credentialPlace(workspaceId, id, field));
    }
    return texts;
  });
}

/** Zero the account's seed after use. */
export async function openSecondFactor(dataKeys: DataKeys, row: CredentialRow): Promise<SecondFactor> {
  return { method: row.tfaMethod, account: row.otpSecret === null ? null : await openAccount(dataKeys, row.otpSecret) };
}

/** What a client reads as null although something is stored, since it came in plaintext. */
export function maskedFields(row: CredentialRow): ReadonlySet<ClientField> {
  const stored = { user_name: row.userName, password: row.password, tfa_secret: row.otpSecret };
  return new Set(clientFields.filter((field) => stored[field] !== null && !row.clientEncrypted.includes(field)));
}

/** The mark of what came encrypted, after a change: the latest sending of a field counts. */
export function clientEncryptedAfter(
  stored: readonly string[],
  given: GivenFields,
  factor: SecondFactor,
): ClientField[] {
  return clientFields.filter(
    (field) =>
      (field !== 'tfa_secret' || factor.account !== null) && (given.encrypted[field] ?? stored.includes(field)),
  );
}

/**
 * Locks a credential until the transaction ends, and with it its OTP secret, so that no HOTP step is taken meanwhile: changes of one
 * entry come one after the other, and each sees what the one before it left.
 *
 * @throws AppError `not_found`, for another workspace's too
 */
export async function lockCredential(
  tx: Transaction,
  workspaceId: string,
  by: { id: string } | Pair,
): Promise<CredentialRow> {
  const [locked] =
    'id' in by
      ? await tx.$queryRaw<{ id: string }[]>`
          SELECT id FROM credential WHERE workspace_id = ${workspaceId}::uuid AND id = ${by.id}::uuid FOR UPDATE`
      : await tx.$queryRaw<{ id: string }[]>`
          SELECT id FROM credential
          WHERE workspace_id = ${workspaceId}::uuid AND permissioned_user_id = ${by.permissionedUserId} AND domain = ${by.domain}
          FOR UPDATE`;
  if (locked === undefined) throw notFound('credential');
  await tx.$queryRaw`
    SELECT id FROM otp_secret WHERE workspace_id = ${workspaceId}::uuid AND credential_id = ${locked.id}::uuid FOR UPDATE`;
  return tx.credential.findUniqueOrThrow({ where: { id: locked.id }, include: withParts });
}

/** Of two entries with one pair the second one is refused, also when both come at once: by the table's own unique key. */
export async function refusingTakenPair<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
      throw new AppError('already_exists', 'there is a credential for this permissioned_user_id and domain already');
    }
    throw error;
  }
}
