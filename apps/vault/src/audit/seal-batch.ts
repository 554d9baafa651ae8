import type { PoolClient } from 'pg';
import { genesisHash, hashEntry, type AuditFields, type Json } from './entry-hash.js';

/** A row of audit_entry as plain SQL returns it. */
export interface AuditRow {
  workspace_id: string;
  id: string;
  at: Date;
  actor_kind: string;
  actor_id: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  ip: string | null;
  request_id: string | null;
  details: Json;
}

interface HeadRow {
  workspace_id: string;
  /** bigint, as text. */
  seq: string;
  hash: Uint8Array;
}

/** Entries with their place in their workspace's chain, where each chain ends then, and what was done how often on which day. */
export interface SealedBatch {
  entries: { workspaceId: string; id: string; seq: number; prevHash: Uint8Array; hash: Uint8Array }[];
  heads: Map<string, { seq: number; hash: Uint8Array }>;
  usage: { workspaceId: string; day: string; action: string; count: number }[];
}

/** Puts entries at the ends of their workspaces' chains, in the order given. */
export function sealEntries(
  rows: readonly AuditRow[],
  heads: ReadonlyMap<string, { seq: number; hash: Uint8Array }>,
): SealedBatch {
  const batch: SealedBatch = { entries: [], heads: new Map(), usage: [] };
  const usage = new Map<string, SealedBatch['usage'][number]>();
  for (const row of rows) {
    const { workspace_id: workspaceId, id, action } = row;
    const { seq: lastSeq, hash: prevHash } = batch.heads.get(workspaceId) ??
      heads.get(workspaceId) ?? { seq: 0, hash: genesisHash };
    const seq = lastSeq + 1;
    const hash = hashEntry(prevHash, seq, fieldsOf(row));
    batch.entries.push({ workspaceId, id, seq, prevHash, hash });
    batch.heads.set(workspaceId, { seq, hash });

    const day = row.at.toISOString().slice(0, 10);
    const counter = JSON.stringify([workspaceId, day, action]);
    const counted = usage.get(counter);
    if (counted === undefined) usage.set(counter, { workspaceId, day, action, count: 1 });
    else counted.count += 1;
  }
  batch.usage = [...usage.values()];
  return batch;
}

/** What runs SQL inside the batch's transaction: prepared and through `pg`, at half the processor time of Prisma. */
export type Sql = Pick<PoolClient, 'query'>;

/**
 * Takes the sealing for the rest of the transaction; false when another replica has it. Given back with the transaction, also when this
 * process is gone. The statements after it look rows up by index, whatever the planner believes: a burst of entries is no reason to sort them all.
 */
export async function takeSealing(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ taken: boolean }>({
    name: 'audit_take_sealing',
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended('otpost audit sealer', 0)) AS taken,
             set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`,
  });
  return rows[0]?.taken === true;
}

/** Up to `size` unsealed entries, of the workspaces after `afterWorkspaceId`. Those that were committed late are among them. */
export async function readUnsealed(sql: Sql, afterWorkspaceId: string, size: number): Promise<AuditRow[]> {
  const { rows } = await sql.query<AuditRow>({
    name: 'audit_read_unsealed',
    text: `SELECT workspace_id, id, at, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details
           FROM audit_entry WHERE seq IS NULL AND workspace_id > $1 ORDER BY workspace_id, id LIMIT $2`,
    values: [afterWorkspaceId, size],
  });
  return rows;
}

export async function readHeads(sql: Sql, workspaceIds: readonly string[]): Promise<SealedBatch['heads']> {
  const { rows } = await sql.query<HeadRow>({
    name: 'audit_read_heads',
    text: 'SELECT workspace_id, seq, hash FROM audit_head WHERE workspace_id = ANY ($1::uuid[]) FOR UPDATE',
    values: [workspaceIds],
  });
  return new Map(rows.map(({ workspace_id, seq, hash }) => [workspace_id, { seq: Number(seq), hash }]));
}

/** Writes what was sealed: entries, heads and usage, each in one statement. */
export async function writeBatch(sql: Sql, { entries, heads, usage }: SealedBatch): Promise<void> {
  await sql.query({
    name: 'audit_write_entries',
    text: `UPDATE audit_entry AS e SET seq = s.seq, prev_hash = s.prev_hash, hash = s.hash
           FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::bytea[])
             AS s (workspace_id, id, seq, prev_hash, hash)
           WHERE e.workspace_id = s.workspace_id AND e.id = s.id AND e.seq IS NULL`,
    values: [
      entries.map(({ workspaceId }) => workspaceId),
      entries.map(({ id }) => id),
      entries.map(({ seq }) => seq),
      entries.map(({ prevHash }) => prevHash),
      entries.map(({ hash }) => hash),
    ],
  });
  await sql.query({
    name: 'audit_write_heads',
    text: `INSERT INTO audit_head (workspace_id, seq, hash, updated_at)
           SELECT workspace_id, seq, hash, clock_timestamp()
           FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS h (workspace_id, seq, hash)
           ON CONFLICT (workspace_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, updated_at = excluded.updated_at`,
    values: [[...heads.keys()], [...heads.values()].map(({ seq }) => seq), [...heads.values()].map(({ hash }) => hash)],
  });
  // The trail outlives its workspace, the counters do not; and the key-share lock makes a delete under way wait, or us for it.
  await sql.query({
    name: 'audit_write_usage',
    text: `INSERT INTO usage_counter (workspace_id, day, metric, value)
           SELECT w.id, u.day, u.action, u.count
           FROM unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[]) AS u (workspace_id, day, action, count)
           JOIN workspace AS w ON w.id = u.workspace_id
           FOR KEY SHARE OF w
           ON CONFLICT (workspace_id, day, metric) DO UPDATE SET value = usage_counter.value + excluded.value`,
    values: [
      usage.map(({ workspaceId }) => workspaceId),
      usage.map(({ day }) => day),
      usage.map(({ action }) => action),
      usage.map(({ count }) => count),
    ],
  });
}

export function fieldsOf(row: AuditRow): AuditFields {
  return {
    workspaceId: row.workspace_id,
    id: row.id,
    at: row.at,
    actorKind: row.actor_kind,
    actorId: row.actor_id,
    action: row.action,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    ip: row.ip,
    requestId: row.request_id,
    details: row.details,
  };
}
