import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { challengeDeadlines, challengeWindows, type JobOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobHandler, JobQueues } from '@otpost/messaging';
import { SweepLoop, type Logger } from '@otpost/platform';
import { recordAudit } from '../audit/record-audit.js';
import { systemCaller } from './challenge-rows.js';
import { ClaimCodes } from './claim-codes.js';
import { EndChallenge } from './end-challenge.js';
import { answeredChallenges, claimableCredentials, overdueChallenges, waitingForWindows } from './due-challenges.js';

const everyMs = 1_000;
/** A window's own timer comes first; only one that was lost is looked for, so this may be slow. */
const sweepsPerWindowSweep = 10;

/**
 * Ends challenges when their time comes: a timer each, and a sweep for those whose timer was lost. Both go through the row's lock, so
 * a challenge expires once. The sweep also looks for codes that nobody claimed because word of them was lost,
 * and for answers whose taker ended between keeping one and resolving with it.
 */
@Injectable()
export class ChallengeDeadlines implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #loop: SweepLoop;
  #sweeps = 0;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EndChallenge) private readonly endChallenge: EndChallenge,
    @Inject(ClaimCodes) private readonly claimCodes: ClaimCodes,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject('LOGGER') logger: Logger,
  ) {
    this.#loop = new SweepLoop({ name: 'challenges', everyMs, sweep: () => this.sweep(), logger });
  }

  @JobHandler(challengeDeadlines, { concurrency: 20 })
  async onDeadline({ workspace_id, challenge_id }: JobOf<typeof challengeDeadlines>): Promise<void> {
    const ended = await this.endChallenge.end(workspace_id, challenge_id, 'expire');
    // Clocks differ by moments. What is early is left to the sweep.
    if (ended?.verdict.allowed === false && ended.verdict.because === 'early') return;
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#loop.close();
  }

  async sweep(): Promise<void> {
    for (const { workspaceId, id } of await overdueChallenges(this.database)) {
      await this.endChallenge.end(workspaceId, id, 'expire');
    }
    for (const { workspaceId, credentialId } of await claimableCredentials(this.database)) {
      await this.claimCodes.claim(workspaceId, credentialId);
    }
    for (const { workspaceId, id, receivedCodeId } of await answeredChallenges(this.database)) {
      const resolution = { factor: 'user', receivedCodeId, validUntil: null } as const;
      await this.endChallenge.resolve(workspaceId, id, resolution, (tx) =>
        recordAudit(tx, systemCaller(workspaceId), {
          action: 'challenge.answered',
          resource: { type: 'challenge', id },
        }),
      );
    }
    this.#sweeps += 1;
    if (this.#sweeps % sweepsPerWindowSweep !== 0) return;
    const waiting = await waitingForWindows(this.database);
    await Promise.all(
      waiting.map(({ workspaceId, id }) =>
        this.queues.add(challengeWindows, { workspace_id: workspaceId, challenge_id: id, opens_at_ms: 0 }),
      ),
    );
  }
}
