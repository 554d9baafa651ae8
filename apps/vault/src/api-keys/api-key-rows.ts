import { hashApiKeySecret, makeApiKey, type ApiKey, type Scope } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';
import type { Secret } from '@otpost/envelope';

export interface NewApiKeyRow {
  name: string;
  env: string;
  scopes: Scope[];
  parentId?: string;
  seatId?: string;
  expiresAt?: Date | null;
  rateLimitPerSecond?: number | null;
}

/** Makes a key and writes its row; of its secret only the hash stays. */
export async function insertApiKey(
  tx: Transaction,
  workspaceId: string,
  row: NewApiKeyRow,
): Promise<ApiKey & { text: Secret }> {
  const key = makeApiKey(row.env);
  await tx.apiKey.create({
    data: { id: key.id, workspaceId, secretHash: Uint8Array.from(hashApiKeySecret(key.secret)), ...row },
  });
  return key;
}
