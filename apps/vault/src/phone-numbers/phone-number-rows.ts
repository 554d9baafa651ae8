import { AppError, notFound, type PhoneNumberRecordView, type PhoneNumberView } from '@otpost/contracts';
import type { PhoneNumber, Transaction } from '@otpost/database';
import { lockCredential } from '../credentials/credential-rows.js';

/** @throws AppError `not_found`, for another workspace's too */
export async function findNumber(tx: Transaction, id: string): Promise<PhoneNumber> {
  const row = await tx.phoneNumber.findUnique({ where: { id } });
  if (row === null) throw notFound('phone number');
  return row;
}

/**
 * A credential has one number. Its row stays locked, so that two numbers given to it at once come one after the other.
 * @throws AppError `conflict` naming `credential_id`; `not_found`
 */
export async function assertFree(tx: Transaction, workspaceId: string, credentialId: string, forId: string) {
  await lockCredential(tx, workspaceId, { id: credentialId });
  const other = await tx.phoneNumber.findFirst({ where: { credentialId, id: { not: forId } }, select: { e164: true } });
  if (other === null) return;
  const message = `this credential has a number already: ${other.e164}`;
  throw new AppError('conflict', `credential_id: ${message}`, { fields: [{ path: 'credential_id', message }] });
}

/** Whose it is stays unsaid: it may be another workspace's. */
export function numberTaken(): AppError {
  const message = 'this number is in use in this deployment';
  return new AppError('already_exists', `e164: ${message}`, { fields: [{ path: 'e164', message }] });
}

export function viewOfNumber(row: PhoneNumber): PhoneNumberView {
  return {
    id: row.id,
    e164: row.e164,
    provider: 'twilio',
    account_sid: row.accountSid,
    mode: row.mode,
    credential_id: row.credentialId,
    status: row.purchased && row.providerSid === null ? 'purchasing' : row.status,
    purchased: row.purchased,
    created_at: row.createdAt.toISOString(),
    approved_at: row.approvedAt?.toISOString() ?? null,
  };
}

export function recordOfNumber(row: PhoneNumber): PhoneNumberRecordView {
  return { ...viewOfNumber(row), provider_sid: row.providerSid };
}
