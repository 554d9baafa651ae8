import { Inject, Injectable } from '@nestjs/common';
import {
  notFound,
  type confirmForwarding,
  type readForwardingConfirmation,
  type RequestOf,
  type ResponseOf,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { Database, findForwardingConfirmation, type ForwardingRule, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { confirmationMs } from './ask-confirmation.js';

interface Asked {
  rule: ForwardingRule;
  status: 'open' | 'confirmed' | 'expired';
}

/** The owner of a destination, who has nothing but the link, looks and agrees. */
@Injectable()
export class ConfirmDestination {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async read({
    id,
  }: RequestOf<typeof readForwardingConfirmation>): Promise<ResponseOf<typeof readForwardingConfirmation>> {
    const workspaceId = await this.#workspaceOf(id);
    const { rule, status } = await this.database.withWorkspace(workspaceId, (tx) => this.#asked(tx, id));
    return {
      status,
      destination: shortened(rule.destination),
      covers: rule.credentialId === null ? 'workspace' : 'credential',
    };
  }

  async confirm({ id, ...caller }: RequestOf<typeof confirmForwarding>): Promise<ResponseOf<typeof confirmForwarding>> {
    const workspaceId = await this.#workspaceOf(id);
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { rule, status } = await this.#asked(tx, id);
      if (status === 'open') await this.#agree(tx, { ...caller, workspace_id: workspaceId }, rule.destination);
      return { status: status === 'expired' ? status : 'confirmed' };
    });
  }

  /** By the destination, not by the rule: one that was changed meanwhile to another is left alone. */
  async #agree(tx: Transaction, caller: WorkspaceCaller, destination: string): Promise<void> {
    const confirmed = await tx.$queryRaw<{ id: string }[]>`
      UPDATE forwarding_rule SET confirmed_at = ${new Date(this.now())}::timestamptz
      WHERE workspace_id = ${caller.workspace_id}::uuid AND destination = ${destination} AND confirmed_at IS NULL
      RETURNING id`;
    for (const { id } of confirmed) {
      await recordAudit(tx, caller, {
        action: 'forwarding_rule.confirmed',
        resource: { type: 'forwarding_rule', id },
      });
    }
  }

  async #workspaceOf(id: string): Promise<string> {
    const workspaceId = await findForwardingConfirmation(this.database.pool, id);
    if (workspaceId === undefined) throw notFound('confirmation');
    return workspaceId;
  }

  async #asked(tx: Transaction, id: string): Promise<Asked> {
    const job = await tx.forwardingJob.findUnique({ where: { id }, include: { rule: true } });
    if (job?.rule == null) throw notFound('confirmation');
    const { rule, createdAt } = job;
    if (rule.confirmedAt !== null) return { rule, status: 'confirmed' };
    const isExpired = createdAt.getTime() + confirmationMs <= this.now();
    return { rule, status: isExpired ? 'expired' : 'open' };
  }
}

/** `m…@example.com`, `…0142` */
function shortened(destination: string): string {
  const [local = '', domain] = destination.split('@');
  return domain === undefined ? `…${destination.slice(-4)}` : `${local.slice(0, 1)}…@${domain}`;
}
