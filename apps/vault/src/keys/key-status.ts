import type { KeyStatusView } from '@otpost/contracts';
import type { OwnerDatabase } from '@otpost/database';
import { countByKek } from './keyring-rotation.js';
import { sealedTables } from './sealed-columns.js';

/**
 * Which keys are in use, and how far their rotation has come.
 *
 * @param activeKekId of the keyring or KMS
 */
export async function readKeyStatus(owner: OwnerDatabase, activeKekId: string): Promise<KeyStatusView> {
  return owner.asSystem(
    async (tx) => {
      const usage = await countByKek(tx);
      const keks = [...usage].map(([id, { dataKeys, keyPairs }]) => ({ id, data_keys: dataKeys, key_pairs: keyPairs }));
      const states = await tx.dataKey.groupBy({ by: 'state', _count: true });
      const countOf = (state: string) => states.find((group) => group.state === state)?._count ?? 0;
      const [rows] = await tx.$queryRawUnsafe<[{ count: bigint }]>(countRowsUnderRetiring);
      return {
        active_kek: activeKekId,
        keks: keks.sort((one, other) => one.id.localeCompare(other.id)),
        data_keys: countOf('active') + countOf('retiring'),
        data_keys_under_old_keks: keks
          .filter(({ id }) => id !== activeKekId)
          .reduce((sum, kek) => sum + kek.data_keys + kek.key_pairs, 0),
        retiring_data_keys: countOf('retiring'),
        rows_under_old_data_keys: Number(rows.count),
      };
    },
    { timeoutMs: 20_000 },
  );
}

const countRowsUnderRetiring = `SELECT coalesce(sum(n), 0)::bigint AS count FROM (${sealedTables
  .map(({ table, workspaceColumn }) => {
    const sameWorkspace = workspaceColumn === null ? '' : `AND s.${workspaceColumn} = k.workspace_id`;
    return `SELECT count(*) AS n FROM data_key AS k JOIN ${table} AS s ON s.data_key_id = k.id ${sameWorkspace} WHERE k.state = 'retiring'`;
  })
  .join(' UNION ALL ')}) AS per_table`;
