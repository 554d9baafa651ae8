import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  challengeWindows,
  describeFactors,
  takeForChallenge,
  wipeReceivedCode,
  type JobOf,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { Database, type Challenge } from '@otpost/database';
import { JobHandler, JobQueues, RpcClient } from '@otpost/messaging';
import { clock, type Clock } from '../clock.js';
import { announceWaiting } from './challenge-events.js';
import { ChallengeNews } from './challenge-news.js';
import { readChallengeRow, systemCaller } from './challenge-rows.js';
import { EndChallenge, lockChallenge } from './end-challenge.js';
import { asksHuman } from './factor-ladder.js';

/** A window that opens within this is waited for in place. Longer waits are jobs, which cost nothing meanwhile. */
const shortWaitMs = 300;

/** The factor that answers at once, or when its window opens. */
@Injectable()
export class TakeAuthenticatorCode {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(EndChallenge) private readonly endChallenge: EndChallenge,
    @Inject(ChallengeNews) private readonly news: ChallengeNews,
    @Inject(clock) private readonly now: Clock,
  ) {}

  @JobHandler(challengeWindows, { concurrency: 50 })
  async onWindow({ workspace_id, challenge_id }: JobOf<typeof challengeWindows>): Promise<void> {
    await this.attempt(systemCaller(workspace_id), challenge_id);
  }

  /** Resolves the challenge, or makes a timer for when that can be; does nothing to one that is not pending. */
  async attempt(caller: WorkspaceCaller, challengeId: string): Promise<void> {
    const { workspace_id: workspaceId } = caller;
    for (;;) {
      const row = await this.#pending(workspaceId, challengeId);
      if (row === null) return;
      const otpSecretId = await this.#secretOf(caller, row);
      const taken = otpSecretId === null ? null : await this.#take(caller, row, otpSecretId);
      if (taken === null) return this.#giveUp(workspaceId, row);
      if (taken.type === 'taken') {
        const validUntil = taken.valid_until === null ? null : new Date(taken.valid_until);
        return this.#resolve(caller, row, { receivedCodeId: taken.received_code_id, validUntil });
      }
      const waitMs = taken.opens_at_ms - this.now();
      if (waitMs > shortWaitMs) return this.#wakeAt(row, taken.opens_at_ms);
      await sleep(Math.max(5, waitMs));
    }
  }

  async #pending(workspaceId: string, id: string): Promise<Challenge | null> {
    const row = await readChallengeRow(this.database.pool, workspaceId, id);
    const waits =
      row?.status === 'pending' && row.factors.includes('authenticator') && row.expiresAt.getTime() > this.now();
    return waits ? row : null;
  }

  async #secretOf(caller: WorkspaceCaller, row: Challenge): Promise<string | null> {
    if (row.otpSecretId !== null) return row.otpSecretId;
    const target = { credential_id: row.credentialId ?? row.id };
    const described = await unlessGone(this.rpc.call(describeFactors, { ...caller, target }));
    return described?.otp_secret?.id ?? null;
  }

  #take(caller: WorkspaceCaller, row: Challenge, otpSecretId: string) {
    return unlessGone(
      this.rpc.call(takeForChallenge, {
        ...caller,
        challenge_id: row.id,
        otp_secret_id: otpSecretId,
        exclusive: row.exclusive,
        min_validity_seconds: row.minValiditySeconds ?? 0,
        expires_at: row.expiresAt.toISOString(),
      }),
    );
  }

  /** A code whose challenge ended in the meantime is wiped: nobody will be given it. */
  async #resolve(caller: WorkspaceCaller, row: Challenge, code: { receivedCodeId: string; validUntil: Date | null }) {
    const ended = await this.endChallenge.resolve(row.workspaceId, row.id, { factor: 'authenticator', ...code });
    if (ended?.verdict.allowed === true || ended?.row.status === 'resolved') return;
    await this.rpc.call(wipeReceivedCode, { ...caller, challenge_id: row.id, reason: 'challenge_ended' });
  }

  async #wakeAt(row: Challenge, opensAtMs: number): Promise<void> {
    if (opensAtMs >= row.expiresAt.getTime()) return;
    const job = { workspace_id: row.workspaceId, challenge_id: row.id, opens_at_ms: opensAtMs };
    // Lost with Redis it is found by the sweeper.
    await this.queues.add(challengeWindows, job, { dueAt: opensAtMs }).catch(() => undefined);
  }

  /** The secret is gone. The other factors remain; a human who was not asked because of it is asked now. */
  async #giveUp(workspaceId: string, { id, factors }: Challenge): Promise<void> {
    const others = factors.filter((factor) => factor !== 'authenticator');
    if (others.length === 0) {
      await this.endChallenge.end(workspaceId, id, 'fail');
      return;
    }
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const locked = await lockChallenge(tx, id);
      if (locked?.row.status !== 'pending' || !locked.row.factors.includes('authenticator')) return;
      const row = await tx.challenge.update({ where: { id }, data: { factors: others } });
      if (asksHuman(row.factors)) await announceWaiting(tx, row);
    });
    await this.news.tell(workspaceId, [id]);
  }
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'not_found' || error.code === 'conflict')) return null;
    throw error;
  }
}
