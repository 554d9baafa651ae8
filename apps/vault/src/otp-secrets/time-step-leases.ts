import type { Transaction } from '@otpost/database';
import { timeStep } from '@otpost/otp';

/** A TOTP secret, as far as its time steps go. */
interface Steps {
  workspaceId: string;
  seedFingerprint: Uint8Array<ArrayBuffer>;
  periodSeconds: number;
}

interface Wish {
  challenge_id: string;
  exclusive: boolean;
  min_validity_seconds: number;
  expires_at: string;
}

/** A lease is kept beyond its step: a site may take the code of the step before, so a clock that is behind finds it taken. */
const keptMs = 60_000;

/**
 * The time step whose code a challenge gets; it may not have begun yet. For an exclusive one, or in a workspace where every hand-out
 * is, the step is leased with it. Who comes second is leased the first step that is free now, in the order of asking: all who wait
 * are woken once, each in a window of its own.
 */
export async function stepForChallenge(tx: Transaction, wish: Wish, steps: Steps, now: () => number): Promise<number> {
  const isExclusive = wish.exclusive || (await leasesEverything(tx, steps.workspaceId));
  if (!isExclusive) return firstStep(wish, steps, now());
  const { workspaceId, seedFingerprint: fingerprint, periodSeconds } = steps;
  // One at a time per seed, so that nobody need try a step that somebody else is about to take.
  const lockName = `time steps ${Buffer.from(fingerprint).toString('hex')}`;
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lockName}, 0))::text`;
  // After the lock: the wait for it may have been long.
  const first = firstStep(wish, steps, now());
  const own = await tx.timeStepLease.findFirst({
    where: { fingerprint, challengeId: wish.challenge_id, step: { gte: BigInt(first) } },
    orderBy: { step: 'asc' },
  });
  if (own !== null) return Number(own.step);
  await tx.timeStepLease.deleteMany({ where: { fingerprint, expiresAt: { lt: new Date(now()) } } });
  const last = await tx.timeStepLease.findFirst({ where: { fingerprint }, orderBy: { step: 'desc' } });
  const step = Math.max(first, last === null ? 0 : Number(last.step) + 1);
  const opensAtMs = step * periodSeconds * 1_000;
  // None is left in its time: no lease is wasted, and the challenge expires.
  if (opensAtMs >= Date.parse(wish.expires_at)) return step;
  const expiresAt = new Date(opensAtMs + periodSeconds * 1_000 + keptMs);
  await tx.timeStepLease.create({
    data: { fingerprint, step: BigInt(step), workspaceId, challengeId: wish.challenge_id, expiresAt },
  });
  return step;
}

/** This one, unless it is about to close. */
function firstStep(wish: Wish, { periodSeconds }: Steps, nowMs: number): number {
  const { step, validUntilMs } = timeStep({ periodSeconds, atMs: nowMs });
  return validUntilMs - nowMs < wish.min_validity_seconds * 1_000 ? step + 1 : step;
}

async function leasesEverything(tx: Transaction, workspaceId: string): Promise<boolean> {
  const { settings } = await tx.workspace.findUniqueOrThrow({ where: { id: workspaceId }, select: { settings: true } });
  return (settings as { exclusive_time_steps?: unknown }).exclusive_time_steps === true;
}
