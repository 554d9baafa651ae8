import type { Caller } from '@otpost/contracts';
import { appendAudit, type Transaction } from '@otpost/database';

/** The trail of what concerns the whole deployment and no workspace: key-encryption keys, the vault's key pair. */
export const deploymentTrail = '00000000-0000-0000-0000-000000000000';

/** What happened, for the audit. `details` holds names of fields and facts, never a secret, a code or a message's text. */
export interface AuditedChange {
  workspaceId: string;
  /** `<resource>.<what happened>`, as in `otp_secret.created`. */
  action: string;
  resource: { type: string; id: string | null };
  details?: Record<string, string | number | boolean | string[]>;
}

/** Writes the entry in the change's own transaction: there is no change without its entry, and no entry without its change. */
export function recordAudit(tx: Transaction, { actor, ip, request_id }: Caller, change: AuditedChange): Promise<void> {
  return appendAudit(tx, {
    workspaceId: change.workspaceId,
    actorKind: actor.kind,
    actorId: actor.id,
    action: change.action,
    resourceType: change.resource.type,
    resourceId: change.resource.id,
    ip,
    requestId: request_id,
    ...(change.details === undefined ? {} : { details: change.details }),
  });
}
