import { notFound } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';
import { openText, type Secret } from '@otpost/envelope';
import type { DataKeys } from '../keys/data-keys.js';

/** Where a workspace's client encryption key is sealed to. */
export function clientKeyPlace(workspaceId: string) {
  return { workspaceId, table: 'workspace', rowId: workspaceId, column: 'client_encryption_key' };
}

/** The key that a workspace's clients encrypt fields with: 64 hex digits. */
export async function clientEncryptionKeyOf(tx: Transaction, dataKeys: DataKeys, workspaceId: string): Promise<Secret> {
  const row = await tx.workspace.findUnique({
    where: { id: workspaceId },
    select: { clientEncryptionKey: true, dataKeyId: true },
  });
  if (row === null) throw notFound('workspace');
  return dataKeys.use(workspaceId, row.dataKeyId, (key) =>
    openText(key, row.clientEncryptionKey, clientKeyPlace(workspaceId)),
  );
}
