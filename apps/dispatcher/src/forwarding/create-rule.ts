import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError, notFound, type createForwardingRule, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { runOnce } from '../idempotency/run-once.js';
import { askConfirmation } from './ask-confirmation.js';
import { Destinations } from './destinations.js';
import { ForwardingQueue } from './forwarding-queue.js';
import { readRule, viewOfRule } from './rule-rows.js';

type Request = RequestOf<typeof createForwardingRule>;

/** Every message is looked at by each of them. */
const mostRules = 100;

/** Makes a rule, and has its destination asked. */
@Injectable()
export class CreateRule {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Destinations) private readonly destinations: Destinations,
    @Inject(ForwardingQueue) private readonly queue: ForwardingQueue,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /** @throws AppError `conflict`, `not_found`, `validation_failed`, those of an Idempotency-Key */
  async create(request: Request): Promise<ResponseOf<typeof createForwardingRule>> {
    const { workspace_id: workspaceId, idempotency } = request;
    const now = new Date(this.now());
    let confirmationId: string | null = null;
    const made = await this.database.withWorkspace(workspaceId, async (tx) => {
      const outcome = await runOnce(tx, { workspaceId, idempotency, now }, async () => {
        const id = uuidv7();
        confirmationId = await this.#insert(tx, id, request, now);
        return { status: 201, resourceId: id };
      });
      return { rule: viewOfRule(await readRule(tx, outcome.resourceId ?? '')), status: outcome.status };
    });
    await this.queue.enqueue(workspaceId, confirmationId);
    return made;
  }

  async #insert(tx: Transaction, id: string, request: Request, now: Date): Promise<string | null> {
    const { workspace_id: workspaceId, rule } = request;
    const { credential_id: credentialId, channel, enabled } = rule;
    if (credentialId !== null) await assertCredential(tx, credentialId);
    const resolved = await this.destinations.resolve(tx, rule.destination);
    if ((await tx.forwardingRule.count({ where: { workspaceId } })) >= mostRules) {
      throw new AppError('conflict', `a workspace has ${mostRules} forwarding rules at most`);
    }
    await tx.forwardingRule.create({ data: { id, workspaceId, credentialId, channel, enabled, ...resolved } });
    await recordAudit(tx, request, {
      action: 'forwarding_rule.created',
      resource: { type: 'forwarding_rule', id },
      details: { kind: resolved.kind, covers: credentialId ?? 'workspace' },
    });
    return askConfirmation(tx, { id, workspaceId, destination: resolved.destination }, now);
  }
}

/** @throws AppError `not_found` */
export async function assertCredential(tx: Transaction, id: string): Promise<void> {
  const found = await tx.credential.findUnique({ where: { id }, select: { id: true } });
  if (found === null) throw notFound('credential');
}
