import type { ChallengeStatus } from '@otpost/contracts';

/** What decides over a challenge. */
export interface ChallengeState {
  status: ChallengeStatus;
  expiresAt: Date;
  /** Of what it was given: when it was delivered first, when its agent said that it is done with it. */
  firstDeliveredAt: Date | null;
  acknowledgedAt: Date | null;
}

/** A code came, its time is over, somebody took it back, no factor is left that could give a code. */
export type Ending = 'resolve' | 'expire' | 'cancel' | 'fail';

export type Verdict =
  | { allowed: true; status: Exclude<ChallengeStatus, 'pending'> }
  /** `ended`: it has left `pending` before. `overdue`: its time is over, all it can do is expire. `early`: it is not over yet. */
  | { allowed: false; because: 'ended' | 'overdue' | 'early' };

const statusAfter = { resolve: 'resolved', expire: 'expired', cancel: 'cancelled', fail: 'failed' } as const;

/** For so long a code is delivered again after its first delivery. */
export const redeliverySeconds = 60;

/**
 * Whether a challenge may end so. It leaves `pending` once; whoever comes with a code at the very instant of `expires_at` is too late.
 * @param now of the database, read under the row's lock
 */
export function endChallenge({ status, expiresAt }: ChallengeState, ending: Ending, now: Date): Verdict {
  if (status !== 'pending') return { allowed: false, because: 'ended' };
  const isOverdue = expiresAt <= now;
  if (ending === 'expire' && !isOverdue) return { allowed: false, because: 'early' };
  if (ending !== 'expire' && isOverdue) return { allowed: false, because: 'overdue' };
  return { allowed: true, status: statusAfter[ending] };
}

/** Whether its code may leave: from when it resolved until it is acknowledged, or 60 s after it left first. */
export function isDeliverable({ status, firstDeliveredAt, acknowledgedAt }: ChallengeState, now: Date): boolean {
  if (status !== 'resolved' || acknowledgedAt !== null) return false;
  return firstDeliveredAt === null || now.getTime() < firstDeliveredAt.getTime() + redeliverySeconds * 1_000;
}
