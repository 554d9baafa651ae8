import { Controller, Inject } from '@nestjs/common';
import { listAudit, verifyAudit, type AuditEntryView, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, type AuditEntry } from '@otpost/database';
import { Rpc, RpcContext } from '@otpost/messaging';
import { verifyChain } from './verify-chain.js';

/** The audit of one workspace, as its administrators read it. */
@Controller()
export class AuditController {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Newest first. An entry is there when its change is; its place in the chain follows within a second. */
  @Rpc(listAudit)
  async list({
    workspace_id: workspaceId,
    page,
    action,
    resource_id,
  }: RequestOf<typeof listAudit>): Promise<ResponseOf<typeof listAudit>> {
    // No text in PostgreSQL holds a NUL: what is filtered by one finds nothing.
    if (`${action ?? ''}${resource_id ?? ''}`.includes('\0')) return { items: [], next_cursor: null };
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.auditEntry.findMany({
        where: {
          workspaceId,
          ...(action == null ? {} : { action }),
          ...(resource_id == null ? {} : { resourceId: resource_id }),
          ...(page.cursor == null ? {} : { id: { lt: page.cursor } }),
        },
        orderBy: { id: 'desc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit);
    return { items: items.map(viewOfEntry), next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(verifyAudit)
  async verify(
    { workspace_id, known }: RequestOf<typeof verifyAudit>,
    context: RpcContext,
  ): Promise<ResponseOf<typeof verifyAudit>> {
    const point = known == null ? null : { seq: known.seq, hash: Buffer.from(known.hash, 'hex') };
    const chain = await verifyChain(this.database, workspace_id, { known: point, signal: context.signal });
    return {
      valid: chain.firstInvalidSeq === null,
      entries: chain.entries,
      head: hexOf(chain.hash),
      first_invalid_seq: chain.firstInvalidSeq,
    };
  }
}

export function viewOfEntry(row: AuditEntry): AuditEntryView {
  return {
    id: row.id,
    seq: row.seq === null ? null : Number(row.seq),
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId },
    action: row.action,
    resource: { type: row.resourceType, id: row.resourceId },
    ip: row.ip,
    request_id: row.requestId,
    details: row.details as AuditEntryView['details'],
    prev_hash: hexOf(row.prevHash),
    hash: hexOf(row.hash),
  };
}

function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('hex');
}
