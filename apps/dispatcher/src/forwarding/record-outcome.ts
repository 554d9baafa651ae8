import type { Transaction } from '@otpost/database';
import { recordAudit, type AuditedChange } from '../audit/record-audit.js';
import { systemCaller } from '../challenges/challenge-rows.js';
import type { Via } from './outgoing.js';
import type { TakenJob } from './take-job.js';

/** What came of an attempt. */
export type Outcome =
  | { state: 'sent'; via: Via }
  | { state: 'failed' | 'dropped'; reason: string }
  | { state: 'pending'; reason: string; nextAttemptAt: Date };

/** Writes down what came of an attempt, with its audit entry where that was the end of it. A row that is gone or ended stays as it is. */
export async function recordOutcome(tx: Transaction, job: TakenJob, outcome: Outcome, now: Date): Promise<void> {
  if (outcome.state === 'sent' && job.purpose === 'confirmation') {
    await tx.forwardingRule.updateMany({ where: { id: job.rule.id }, data: { confirmationSentAt: now } });
  }
  const { count } = await tx.forwardingJob.updateMany({
    where: { id: job.id, state: 'pending' },
    data: {
      state: outcome.state,
      attemptCount: { increment: outcome.state === 'dropped' ? 0 : 1 },
      leasedUntil: null,
      nextAttemptAt: outcome.state === 'pending' ? outcome.nextAttemptAt : null,
      lastError: outcome.state === 'sent' ? null : outcome.reason,
      sentAt: outcome.state === 'sent' ? now : null,
    },
  });
  if (count === 0 || outcome.state === 'pending') return;
  await recordAudit(tx, systemCaller(job.workspaceId), {
    ...auditOf(job, outcome.state === 'sent'),
    details: { ...aboutOf(job), ...(outcome.state === 'sent' ? { via: outcome.via } : { reason: outcome.reason }) },
  });
}

function auditOf(job: TakenJob, isSent: boolean): AuditedChange {
  const not = isSent ? '' : 'not_';
  if (job.purpose === 'copy')
    return {
      action: `inbound_message.${not}forwarded`,
      resource: { type: 'inbound_message', id: job.inboundMessageId },
    };
  if (job.purpose === 'confirmation')
    return {
      action: `forwarding_rule.confirmation_${not}sent`,
      resource: { type: 'forwarding_rule', id: job.rule.id },
    };
  return {
    action: `challenge.seat_${not}told`,
    resource: { type: 'challenge', id: job.challengeId },
  };
}

function aboutOf(job: TakenJob): Record<string, string> {
  if (job.purpose === 'copy') return { forwarding_rule_id: job.rule.id };
  return job.purpose === 'notice' ? { seat_id: job.seatId } : {};
}
