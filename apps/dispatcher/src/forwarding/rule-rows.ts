import { notFound, type ForwardingRuleView, type ForwardView } from '@otpost/contracts';
import type { ForwardingJob, ForwardingRule, Transaction } from '@otpost/database';

export function viewOfRule(row: ForwardingRule): ForwardingRuleView {
  return {
    id: row.id,
    credential_id: row.credentialId,
    channel: row.channel,
    kind: row.kind,
    destination: row.seatId ?? row.destination,
    enabled: row.enabled,
    confirmation_sent_at: row.confirmationSentAt?.toISOString() ?? null,
    confirmed_at: row.confirmedAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

export function viewOfForward(row: ForwardingJob): ForwardView {
  return {
    id: row.id,
    message_id: row.inboundMessageId ?? '',
    state: row.state,
    attempts: row.attemptCount,
    reason: row.lastError,
    created_at: row.createdAt.toISOString(),
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    sent_at: row.sentAt?.toISOString() ?? null,
  };
}

/** The row, locked until the transaction ends. */
export async function lockRule(tx: Transaction, id: string): Promise<ForwardingRule | null> {
  await tx.$queryRaw`SELECT id FROM forwarding_rule WHERE id = ${id}::uuid FOR UPDATE`;
  return tx.forwardingRule.findUnique({ where: { id } });
}

/** @throws AppError `not_found` */
export async function readRule(tx: Transaction, id: string): Promise<ForwardingRule> {
  const row = await tx.forwardingRule.findUnique({ where: { id } });
  if (row === null) throw notFound('forwarding rule');
  return row;
}
