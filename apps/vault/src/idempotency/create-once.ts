import { runIdempotently, type Transaction } from '@otpost/database';
import { describeSealed, openText, seal, type Secret } from '@otpost/envelope';
import type { Idempotency } from '@otpost/contracts';
import type { DataKeys } from '../keys/data-keys.js';

/** What a creation leaves behind. */
export interface Created {
  resourceId: string;
  /** A secret that its owner sees once. */
  shownOnce: Secret | null;
}

export interface CreateOnceOptions {
  dataKeys: DataKeys;
  /** Null: a call with the root key. */
  workspaceId: string | null;
  idempotency: Idempotency | null;
  status: number;
  create: () => Promise<Created>;
  /** The workspace whose key seals what is shown once, known once it is created. */
  workspaceOf?: (created: { resourceId: string }) => string;
}

/**
 * Creates something at most once for an `Idempotency-Key`. A repeat finds the same resource, and within ten minutes also the secret that
 * was shown: until then it is kept sealed, in the same transaction, under the workspace's key.
 */
export async function createOnce(tx: Transaction, options: CreateOnceOptions): Promise<Created & { status: number }> {
  const { dataKeys, workspaceId, idempotency, status, create } = options;
  if (idempotency === null) return { ...(await create()), status };
  const sealingWorkspace = options.workspaceOf ?? (() => workspaceId ?? '');
  let fresh: Created | undefined;
  const record = await runIdempotently(
    tx,
    {
      workspaceId,
      route: idempotency.route,
      key: idempotency.key,
      bodyHmac: Buffer.from(idempotency.body_hmac, 'hex'),
      now: new Date(),
    },
    async () => {
      fresh = await create();
      const { resourceId, shownOnce } = fresh;
      if (shownOnce === null) return { status, resourceId };
      const workspace = sealingWorkspace(fresh);
      return dataKeys.useActive(tx, workspace, (key) => ({
        status,
        resourceId,
        once: seal(key, shownOnce.reveal(), place(workspace, resourceId)),
        onceDataKeyId: key.id,
      }));
    },
  );
  if (fresh !== undefined) return { ...fresh, status };
  const resourceId = record.resourceId ?? '';
  const shownOnce =
    record.once === undefined ? null : await open(dataKeys, sealingWorkspace({ resourceId }), resourceId, record.once);
  return { resourceId, shownOnce, status: record.status };
}

async function open(dataKeys: DataKeys, workspaceId: string, resourceId: string, sealed: Uint8Array): Promise<Secret> {
  const { keyId } = describeSealed(sealed);
  return dataKeys.use(workspaceId, keyId, (key) => openText(key, sealed, place(workspaceId, resourceId)));
}

function place(workspaceId: string, resourceId: string) {
  return { workspaceId, table: 'idempotency_record', rowId: resourceId, column: 'once_secret' };
}
