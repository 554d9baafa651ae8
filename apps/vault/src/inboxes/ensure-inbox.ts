import { v7 as uuidv7 } from 'uuid';
import { AppError, type WorkspaceCaller } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { generateLocalPart } from './inbox-address.js';

/** Whether a second factor of this kind comes by mail. */
export function awaitsMail(method: string | null): boolean {
  return method === 'EMAIL' || method === 'MAGIC_LINK';
}

/**
 * The inbox of a credential, made with its first address if there is none; also when many ask at once.
 * @param tx with the workspace set; the credential must be there
 * @returns the inbox's id
 */
export async function ensureInbox(tx: Transaction, request: WorkspaceCaller, credentialId: string): Promise<string> {
  const { workspace_id: workspaceId } = request;
  const id = uuidv7();
  const { count } = await tx.inbox.createMany({ data: { id, workspaceId, credentialId }, skipDuplicates: true });
  if (count === 0) {
    const inbox = await tx.inbox.findFirst({ where: { credentialId }, select: { id: true } });
    if (inbox === null) throw new AppError('internal', 'the inbox vanished', { internal: credentialId });
    return inbox.id;
  }
  await tx.inboxAddress.createMany({ data: { localPart: generateLocalPart(), workspaceId, inboxId: id } });
  await recordAudit(tx, request, {
    workspaceId,
    action: 'inbox.created',
    resource: { type: 'inbox', id },
    details: { credential_id: credentialId },
  });
  return id;
}
