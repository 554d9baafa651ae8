import type { Database, Transaction } from '@otpost/database';
import { ChainCheck, type ChainPoint } from './chain-check.js';
import { fieldsOf, type AuditRow } from './seal-batch.js';

export interface VerifyOptions {
  /** A point of the chain that was kept elsewhere. */
  known?: ChainPoint | null;
  /** Ends the work: its reason is thrown. */
  signal?: AbortSignal;
}

interface SealedRow extends AuditRow {
  seq: bigint;
  prev_hash: Uint8Array;
  hash: Uint8Array;
}

/** A page's hashes are a few milliseconds on the event loop that codes are served from too. */
const pageSize = 500;
const timeoutMs = 60_000;

/** Recomputes a workspace's chain from its first entry, page by page, in one snapshot: what is sealed meanwhile does not disturb it. */
export async function verifyChain(
  database: Database,
  workspaceId: string,
  options: VerifyOptions = {},
): Promise<ChainCheck> {
  return database.withWorkspace(
    workspaceId,
    async (tx) => {
      // By index, page after page, whatever the planner believes of the workspace's size.
      await tx.$queryRaw`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`;
      const chain = new ChainCheck(options.known);
      for await (const row of sealedRows(tx, workspaceId)) {
        options.signal?.throwIfAborted();
        const { seq, prev_hash: prevHash, hash } = row;
        if (!chain.add({ ...fieldsOf(row), seq: Number(seq), prevHash, hash })) return chain;
      }
      const head = await tx.auditHead.findUnique({ where: { workspaceId } });
      chain.end(head === null ? null : { seq: Number(head.seq), hash: head.hash });
      return chain;
    },
    { timeoutMs, isolationLevel: 'RepeatableRead' },
  );
}

/** By `seq`, then `id`: two entries of one `seq`, which only a table without its index can have, are both seen. */
async function* sealedRows(tx: Transaction, workspaceId: string): AsyncGenerator<SealedRow> {
  let last = { seq: -(2n ** 63n), id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const rows = await tx.$queryRaw<SealedRow[]>`
      SELECT workspace_id, id, at, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details, seq, prev_hash, hash
      FROM audit_entry
      WHERE workspace_id = ${workspaceId}::uuid AND seq >= ${last.seq} AND (seq, id) > (${last.seq}, ${last.id}::uuid)
      ORDER BY seq, id LIMIT ${pageSize}`;
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageSize) return;
    last = { seq: end.seq, id: end.id };
  }
}
