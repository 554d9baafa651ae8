import type { WorkspaceCaller } from '@otpost/contracts';
import { appendAudit, type Transaction } from '@otpost/database';

/** What happened, for the audit. `details` holds names of fields and facts, never a secret or a code. */
export interface AuditedChange {
  /** `<resource>.<what happened>`, as in `webhook_endpoint.created`. */
  action: string;
  resource: { type: string; id: string };
  details?: Record<string, string | number | boolean | string[]>;
}

/** Writes the entry in the change's own transaction: there is no change without its entry, and no entry without its change. */
export function recordAudit(tx: Transaction, caller: WorkspaceCaller, change: AuditedChange): Promise<void> {
  const { actor, ip, request_id, workspace_id } = caller;
  return appendAudit(tx, {
    workspaceId: workspace_id,
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
