import { v7 as uuidv7 } from 'uuid';
import type { Challenge, Transaction } from '@otpost/database';

/** Has each seat that a challenge names told where to answer, once. In the transaction in which the challenge begins to wait for a human. */
export async function tellSeats(
  tx: Transaction,
  { id: challengeId, workspaceId, seatIds, createdAt }: Challenge,
): Promise<string[]> {
  const jobs = [...new Set(seatIds)].map((seatId) => ({
    id: uuidv7(),
    workspaceId,
    purpose: 'notice' as const,
    challengeId,
    seatId,
    createdAt,
    nextAttemptAt: createdAt,
  }));
  if (jobs.length > 0) await tx.forwardingJob.createMany({ data: jobs, skipDuplicates: true });
  return jobs.map(({ id }) => id);
}
