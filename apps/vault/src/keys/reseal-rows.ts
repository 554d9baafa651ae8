import type { OwnerDatabase, Transaction } from '@otpost/database';
import { describeSealed, EnvelopeError, open, seal, type DataKey, type Place } from '@otpost/envelope';
import { placeOf, type SealedTable } from './sealed-columns.js';

/** The keys of one rotation, in the clear. */
export interface RotatedKeys {
  workspaceId: string;
  retiring: DataKey;
  active: DataKey;
}

/** What became of one row. `missed`: locked, changed or gone since it was listed; who lists again sees which. */
export type Resealed = 'resealed' | 'missed' | 'unopenable';

interface Row {
  row_id: string;
  version: string;
  [column: string]: unknown;
}

const pageSize = 5_000;
const lowestId = '00000000-0000-0000-0000-000000000000';

/** Ids of the rows of a table that are under the retiring key, in their order, read in pages. */
export async function* rowsUnder(
  owner: OwnerDatabase,
  table: SealedTable,
  { workspaceId, retiring }: RotatedKeys,
): AsyncGenerator<string> {
  const text = `SELECT id FROM ${table.table} WHERE ${underKey(table)} AND id > $3 ORDER BY id LIMIT $4`;
  let after: string | undefined = lowestId;
  while (after !== undefined) {
    const page: { rows: { id: string }[] } = await owner.pool.query(text, [workspaceId, retiring.id, after, pageSize]);
    for (const { id } of page.rows) yield id;
    after = page.rows.at(-1)?.id;
  }
}

/**
 * Re-encrypts one row. It is read, and then all its sealed columns and `data_key_id` are written in one statement, which is a transaction of
 * its own: whoever reads the row finds it whole, under one key or the other. The statement does nothing when the row was written to in
 * between (`xmin` names the transaction that wrote it last), and it waits for nobody's lock while it holds its own.
 */
export async function resealRow(
  owner: OwnerDatabase,
  table: SealedTable,
  keys: RotatedKeys,
  id: string,
): Promise<Resealed> {
  const { rows } = await owner.pool.query<Row>({
    name: `reseal_read_${table.table}`,
    text: `SELECT ${table.rowIdColumn}::text AS row_id, xmin::text AS version, ${table.columns.join(', ')} FROM ${table.table}
           WHERE id = $1 AND data_key_id = $2`,
    values: [id, keys.retiring.id],
  });
  const [row] = rows;
  if (row === undefined) return 'missed';
  const values = resealed(row, table, keys);
  if (values === undefined) return 'unopenable';
  // The new key is locked with the row: nobody can retire it, and find nothing under it, before these values are there.
  const { rowCount } = await owner.pool.query({
    name: `reseal_write_${table.table}`,
    text: `UPDATE ${table.table} AS t
           SET data_key_id = free.key_id, ${table.columns.map((column, n) => `${column} = $${n + 5}`).join(', ')}
           FROM (
             SELECT s.id, k.id AS key_id FROM ${table.table} AS s, data_key AS k
             WHERE s.id = $1 AND s.data_key_id = $2 AND s.xmin = $3::xid AND k.id = $4 AND k.state = 'active'
             FOR NO KEY UPDATE OF s SKIP LOCKED FOR KEY SHARE OF k SKIP LOCKED) AS free
           WHERE t.id = free.id`,
    values: [id, keys.retiring.id, row.version, keys.active.id, ...values],
  });
  return rowCount === 1 ? 'resealed' : 'missed';
}

/**
 * Whether anything of the workspace still needs the key. The sealed values themselves are asked, not only `data_key_id`: a value that a
 * careless writer left under the key would be lost with it.
 */
export async function isNeeded(
  tx: Transaction,
  table: SealedTable,
  workspaceId: string,
  dataKeyId: string,
): Promise<boolean> {
  const namedIn = table.columns.map((column) => `substring(${column} FROM 3 FOR 16) = uuid_send($2::uuid)`);
  const ofWorkspace =
    table.workspaceColumn === null ? 'data_key_id IS NOT NULL' : `${table.workspaceColumn} = $1::uuid`;
  const [found] = await tx.$queryRawUnsafe<[{ needed: boolean }]>(
    `SELECT EXISTS (SELECT FROM ${table.table} WHERE ${underKey(table)})
         OR EXISTS (SELECT FROM ${table.table} WHERE ${ofWorkspace} AND (${namedIn.join(' OR ')})) AS needed`,
    workspaceId,
    dataKeyId,
  );
  return found.needed;
}

/** Takes the parameters $1, workspace, and $2, data key. */
function underKey({ workspaceColumn }: SealedTable): string {
  return workspaceColumn === null
    ? 'data_key_id = $2::uuid AND $1::uuid IS NOT NULL'
    : `${workspaceColumn} = $1::uuid AND data_key_id = $2::uuid`;
}

/** Every sealed column under the active key; undefined when one of them does not open. */
function resealed(row: Row, table: SealedTable, keys: RotatedKeys): (Uint8Array | null)[] | undefined {
  try {
    return table.columns.map((column) => {
      const sealed = row[column];
      if (!(sealed instanceof Uint8Array)) return null;
      return reseal(sealed, keys, placeOf(table, keys.workspaceId, row.row_id, column));
    });
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}

function reseal(sealed: Uint8Array, { retiring, active }: RotatedKeys, place: Place): Uint8Array {
  if (describeSealed(sealed).keyId === active.id) return sealed;
  const plaintext = open(retiring, sealed, place).reveal();
  try {
    return seal(active, plaintext, place);
  } finally {
    plaintext.fill(0);
  }
}
