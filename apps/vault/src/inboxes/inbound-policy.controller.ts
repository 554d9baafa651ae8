import { Controller, Inject } from '@nestjs/common';
import {
  changeInboundPolicy,
  extractionHint,
  notFound,
  readInboundPolicy,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, Prisma, type Transaction } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';

type Policy = ResponseOf<typeof readInboundPolicy>;

/** What a credential asks of the messages whose codes it takes. The ingestor reads it with every message. */
@Controller()
export class InboundPolicyController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Rpc(readInboundPolicy)
  async read({ workspace_id, credential_id }: RequestOf<typeof readInboundPolicy>): Promise<Policy> {
    return this.database.withWorkspace(workspace_id, (tx) => policyOf(tx, credential_id));
  }

  @Rpc(changeInboundPolicy)
  async change(request: RequestOf<typeof changeInboundPolicy>): Promise<Policy> {
    const { workspace_id: workspaceId, credential_id: id, change } = request;
    const { extraction_hint: hint, require_auth: requireAuth, allowed_sender_domains: allowedSenderDomains } = change;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { count } = await tx.credential.updateMany({
        where: { id },
        data: {
          ...(hint === undefined ? {} : { extractionHint: hint ?? Prisma.DbNull }),
          ...(requireAuth === undefined ? {} : { requireAuth }),
          ...(allowedSenderDomains === undefined ? {} : { allowedSenderDomains }),
        },
      });
      if (count === 0) throw notFound('credential');
      await recordAudit(tx, request, {
        workspaceId,
        action: 'credential.inbound_policy_changed',
        resource: { type: 'credential', id },
        details: { fields: Object.keys(change).sort() },
      });
      return policyOf(tx, id);
    });
  }
}

async function policyOf(tx: Transaction, id: string): Promise<Policy> {
  const select = { extractionHint: true, requireAuth: true, allowedSenderDomains: true };
  const row = await tx.credential.findUnique({ where: { id }, select });
  if (row === null) throw notFound('credential');
  const hint = extractionHint.safeParse(row.extractionHint);
  return {
    credential_id: id,
    // One that the ingestor would not follow is not shown as if it did.
    extraction_hint: hint.success ? hint.data : null,
    require_auth: row.requireAuth,
    allowed_sender_domains: row.allowedSenderDomains,
  };
}
