import type { Challenge, ForwardingRule, Seat, Transaction } from '@otpost/database';

export type TakenSeat = Pick<Seat, 'email' | 'forwardingNumber'>;

/** A row that is this process's until its lease ends, and what it is about. */
export type TakenJob = { id: string; workspaceId: string; attemptCount: number } & (
  | { purpose: 'copy'; rule: TakenRule; inboundMessageId: string }
  | { purpose: 'confirmation'; rule: TakenRule }
  | { purpose: 'notice'; challengeId: string; challenge: Challenge | null; seatId: string; seat: TakenSeat | null }
);

/** A rule, and the seat that it goes to. */
export type TakenRule = ForwardingRule & { seat: TakenSeat | null };

/** Longer than an attempt may take and be written down; when a process dies, that long its row waits. */
const leaseMs = 45_000;

/** Undefined: it is not due, or somebody is at it. */
export async function takeJob(tx: Transaction, id: string, now: Date): Promise<TakenJob | undefined> {
  const leasedUntil = new Date(now.getTime() + leaseMs);
  const { count } = await tx.forwardingJob.updateMany({
    where: {
      id,
      state: 'pending',
      nextAttemptAt: { lte: now },
      OR: [{ leasedUntil: null }, { leasedUntil: { lte: now } }],
    },
    data: { leasedUntil },
  });
  if (count === 0) return undefined;
  const seat = { select: { email: true, forwardingNumber: true } };
  const job = await tx.forwardingJob.findUniqueOrThrow({
    where: { id },
    include: { rule: { include: { seat } }, seat },
  });
  const { workspaceId, attemptCount, rule, inboundMessageId } = job;
  const shared = { id, workspaceId, attemptCount };
  if (rule !== null && inboundMessageId !== null) return { ...shared, purpose: 'copy', rule, inboundMessageId };
  if (rule !== null) return { ...shared, purpose: 'confirmation', rule };
  const [challengeId, seatId] = [job.challengeId ?? '', job.seatId ?? ''];
  const challenge = await tx.challenge.findUnique({ where: { id: challengeId } });
  return { ...shared, purpose: 'notice', challengeId, challenge, seatId, seat: job.seat };
}
