import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from './database.js';

export interface AuditRecord {
  workspaceId: string;
  /** api_key, root, seat, service. */
  actorKind: string;
  actorId?: string | null;
  /** `credential.updated`, `otp_secret.deleted`. */
  action: string;
  resourceType: string;
  resourceId?: string | null;
  ip?: string | null;
  requestId?: string | null;
  /** JSON. Never a secret, a code or a message's text. */
  details?: Readonly<Record<string, unknown>>;
}

/**
 * Appends to the audit trail in the transaction of the change it tells of. Every service's role may, none but the vault's can read
 * it back; the time is the database's. The vault's sealer numbers and chains it afterwards.
 */
export async function appendAudit(tx: Transaction, record: AuditRecord): Promise<void> {
  const details = record.details === undefined ? null : JSON.stringify(record.details);
  // Plain SQL, since Prisma's create reads the row back.
  await tx.$executeRaw`
    INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, ip, request_id, details)
    VALUES (${uuidv7()}::uuid, ${record.workspaceId}::uuid, ${record.actorKind}, ${record.actorId ?? null}, ${record.action},
      ${record.resourceType}, ${record.resourceId ?? null}, ${record.ip ?? null}, ${record.requestId ?? null}, ${details}::jsonb)`;
}
