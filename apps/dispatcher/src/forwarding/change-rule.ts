import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  notFound,
  type askForwardingConfirmation,
  type changeForwardingRule,
  type ForwardingRuleView,
  type RequestOf,
} from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { runOnce } from '../idempotency/run-once.js';
import { askAnew, askConfirmation } from './ask-confirmation.js';
import { assertCredential } from './create-rule.js';
import { Destinations } from './destinations.js';
import { ForwardingQueue } from './forwarding-queue.js';
import { lockRule, readRule, viewOfRule } from './rule-rows.js';

/** Between two questions to one destination: nobody's mailbox is filled with them. */
const askAgainMs = 60_000;

/** Changes a rule, and asks its destination again. */
@Injectable()
export class ChangeRule {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Destinations) private readonly destinations: Destinations,
    @Inject(ForwardingQueue) private readonly queue: ForwardingQueue,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async change(request: RequestOf<typeof changeForwardingRule>): Promise<ForwardingRuleView> {
    const { workspace_id: workspaceId, id, change } = request;
    const { view, confirmationId } = await this.database.withWorkspace(workspaceId, async (tx) => {
      const before = await lockRule(tx, id);
      if (before === null) throw notFound('forwarding rule');
      const { credential_id: credentialId, channel, enabled, destination } = change;
      if (credentialId != null) await assertCredential(tx, credentialId);
      const moved = destination === undefined ? null : await this.destinations.resolve(tx, destination);
      await tx.forwardingRule.update({
        where: { id },
        data: {
          ...(credentialId === undefined ? {} : { credentialId }),
          ...(channel === undefined ? {} : { channel }),
          ...(enabled === undefined ? {} : { enabled }),
          ...moved,
        },
      });
      const isElsewhere = moved !== null && moved.destination !== before.destination;
      const confirmationId = isElsewhere ? await askAnew(tx, { ...before, ...moved }, new Date(this.now())) : null;
      await recordAudit(tx, request, {
        action: 'forwarding_rule.changed',
        resource: { type: 'forwarding_rule', id },
        details: { fields: Object.keys(change) },
      });
      return { view: viewOfRule(await readRule(tx, id)), confirmationId };
    });
    await this.queue.enqueue(workspaceId, confirmationId);
    return view;
  }

  /** The links that were sent before stay good. @throws AppError `conflict`: it is confirmed; `rate_limited` */
  async askAgain(request: RequestOf<typeof askForwardingConfirmation>): Promise<ForwardingRuleView> {
    const { workspace_id: workspaceId, id, idempotency } = request;
    const now = new Date(this.now());
    let confirmationId: string | null = null;
    const view = await this.database.withWorkspace(workspaceId, async (tx) => {
      await runOnce(tx, { workspaceId, idempotency, now }, async () => {
        const rule = await lockRule(tx, id);
        if (rule === null) throw notFound('forwarding rule');
        if (rule.confirmedAt !== null) throw new AppError('conflict', 'the destination is confirmed already');
        await assertNotAskedJustNow(tx, id, now);
        confirmationId = await askConfirmation(tx, rule, now);
        await recordAudit(tx, request, {
          action: 'forwarding_rule.confirmation_asked',
          resource: { type: 'forwarding_rule', id },
        });
        return { status: 200, resourceId: id };
      });
      return viewOfRule(await readRule(tx, id));
    });
    await this.queue.enqueue(workspaceId, confirmationId);
    return view;
  }
}

async function assertNotAskedJustNow(tx: Transaction, ruleId: string, now: Date): Promise<void> {
  const last = await tx.forwardingJob.findFirst({
    where: { ruleId, purpose: 'confirmation' },
    orderBy: { id: 'desc' },
    select: { createdAt: true },
  });
  const waitMs = last === null ? 0 : last.createdAt.getTime() + askAgainMs - now.getTime();
  if (waitMs <= 0) return;
  throw new AppError('rate_limited', 'it was asked just now', { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
}
