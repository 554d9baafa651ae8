import type { Transaction } from '@otpost/database';
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
  seq: bigint;
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

/** The unsealed entries of up to `size`, of the workspaces after `afterWorkspaceId`. Those that were committed late are among them. */
export function readUnsealed(tx: Transaction, afterWorkspaceId: string, size: number): Promise<AuditRow[]> {
  return tx.$queryRaw<AuditRow[]>`
    SELECT workspace_id, id, at, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details
    FROM audit_entry WHERE seq IS NULL AND workspace_id > ${afterWorkspaceId}::uuid ORDER BY workspace_id, id LIMIT ${size}`;
}

export async function readHeads(tx: Transaction, workspaceIds: readonly string[]): Promise<SealedBatch['heads']> {
  const rows = await tx.$queryRaw<HeadRow[]>`
    SELECT workspace_id, seq, hash FROM audit_head WHERE workspace_id = ANY (${workspaceIds}::uuid[]) FOR UPDATE`;
  return new Map(rows.map(({ workspace_id, seq, hash }) => [workspace_id, { seq: Number(seq), hash }]));
}

/** Writes what was sealed: entries, heads and usage, each in one statement. */
export async function writeBatch(tx: Transaction, { entries, heads, usage }: SealedBatch): Promise<void> {
  await tx.$executeRaw`
    UPDATE audit_entry AS e SET seq = s.seq, prev_hash = decode(s.prev_hash, 'hex'), hash = decode(s.hash, 'hex')
    FROM unnest(
      ${entries.map(({ workspaceId }) => workspaceId)}::uuid[], ${entries.map(({ id }) => id)}::uuid[],
      ${entries.map(({ seq }) => BigInt(seq))}::bigint[], ${entries.map(({ prevHash }) => hex(prevHash))}::text[],
      ${entries.map(({ hash }) => hex(hash))}::text[]) AS s (workspace_id, id, seq, prev_hash, hash)
    WHERE e.workspace_id = s.workspace_id AND e.id = s.id AND e.seq IS NULL`;
  await tx.$executeRaw`
    INSERT INTO audit_head (workspace_id, seq, hash, updated_at)
    SELECT h.workspace_id, h.seq, decode(h.hash, 'hex'), clock_timestamp()
    FROM unnest(
      ${[...heads.keys()]}::uuid[], ${[...heads.values()].map(({ seq }) => BigInt(seq))}::bigint[],
      ${[...heads.values()].map(({ hash }) => hex(hash))}::text[]) AS h (workspace_id, seq, hash)
    ON CONFLICT (workspace_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, updated_at = excluded.updated_at`;
  // The trail outlives its workspace, the counters do not; and the key-share lock makes a delete under way wait, or us for it.
  await tx.$executeRaw`
    INSERT INTO usage_counter (workspace_id, day, metric, value)
    SELECT w.id, u.day, u.action, u.count
    FROM unnest(
      ${usage.map(({ workspaceId }) => workspaceId)}::uuid[], ${usage.map(({ day }) => day)}::date[],
      ${usage.map(({ action }) => action)}::text[], ${usage.map(({ count }) => BigInt(count))}::bigint[]) AS u (workspace_id, day, action, count)
    JOIN workspace AS w ON w.id = u.workspace_id
    FOR KEY SHARE OF w
    ON CONFLICT (workspace_id, day, metric) DO UPDATE SET value = usage_counter.value + excluded.value`;
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
