import type { DataKeyView } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';
import { sealedTables } from './sealed-columns.js';

/** Each rotation leaves one behind. */
const mostDestroyed = 10;

/**
 * The data keys of the transaction's workspace, newest first, and what is left under those that are retiring.
 *
 * @param activeKekId of the keyring or KMS
 */
export async function readDataKeys(tx: Transaction, activeKekId: string): Promise<DataKeyView[]> {
  const select = {
    id: true,
    version: true,
    state: true,
    kekId: true,
    createdAt: true,
    retiredAt: true,
    destroyedAt: true,
  };
  const orderBy = { version: 'desc' as const };
  const inUse = await tx.dataKey.findMany({ where: { state: { not: 'destroyed' } }, select, orderBy });
  const gone = await tx.dataKey.findMany({ where: { state: 'destroyed' }, select, orderBy, take: mostDestroyed });
  const views: DataKeyView[] = [];
  for (const { id, version, state, kekId, createdAt, retiredAt, destroyedAt } of [...inUse, ...gone]) {
    views.push({
      id,
      version,
      state,
      is_under_active_kek: kekId === activeKekId,
      rows_left: state === 'retiring' ? await countRows(tx, id) : null,
      created_at: createdAt.toISOString(),
      retired_at: retiredAt?.toISOString() ?? null,
      destroyed_at: destroyedAt?.toISOString() ?? null,
    });
  }
  return views;
}

async function countRows(tx: Transaction, dataKeyId: string): Promise<number> {
  const counts = sealedTables.map(({ table }) => `SELECT count(*) AS n FROM ${table} WHERE data_key_id = $1::uuid`);
  const [sum] = await tx.$queryRawUnsafe<[{ count: bigint }]>(
    `SELECT sum(n)::bigint AS count FROM (${counts.join(' UNION ALL ')}) AS per_table`,
    dataKeyId,
  );
  return Number(sum.count);
}
