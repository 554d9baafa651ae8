import { v7 as uuidv7 } from 'uuid';
import type { ForwardingRule, Transaction } from '@otpost/database';

export type AskedRule = Pick<ForwardingRule, 'id' | 'workspaceId' | 'destination'>;

/** How long a link is good. */
export const confirmationMs = 7 * 24 * 3_600_000;

/**
 * Has the destination of a rule asked whether it wants copies, unless its owner has agreed already, for another rule of the workspace. The
 * rule's row is locked or new.
 * @returns the job to enqueue; null: nobody needs to be asked
 */
export async function askConfirmation(
  tx: Transaction,
  { id: ruleId, workspaceId, destination }: AskedRule,
  now: Date,
): Promise<string | null> {
  const agreed = await tx.forwardingRule.findFirst({
    where: { workspaceId, destination, confirmedAt: { not: null } },
    select: { confirmedAt: true },
  });
  if (agreed !== null) {
    await tx.forwardingRule.update({ where: { id: ruleId }, data: { confirmedAt: agreed.confirmedAt } });
    return null;
  }
  const id = uuidv7();
  await tx.forwardingJob.create({
    data: { id, workspaceId, purpose: 'confirmation', ruleId, createdAt: now, nextAttemptAt: now },
  });
  return id;
}

/** For a rule that is to go elsewhere: what the destination before agreed to is over, and the links it was sent are worth nothing. */
export async function askAnew(tx: Transaction, rule: AskedRule, now: Date): Promise<string | null> {
  const { id, destination } = rule;
  await tx.forwardingJob.deleteMany({ where: { ruleId: id, purpose: 'confirmation' } });
  await tx.forwardingRule.update({ where: { id }, data: { destination, confirmedAt: null, confirmationSentAt: null } });
  return askConfirmation(tx, rule, now);
}
