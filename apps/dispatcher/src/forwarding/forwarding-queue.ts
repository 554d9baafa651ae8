import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { sendForwarding } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobQueues } from '@otpost/messaging';
import { SweepLoop, type Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';

const everyMs = 1_000;
const most = 500;

/**
 * Every second: a job for each row that is due. It is how copies are found that the vault has queued, how retries come round, and how work
 * goes on after a replica died or Redis forgot everything. Every replica does it; jobs of the same row fall together.
 */
@Injectable()
export class ForwardingQueue implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject('LOGGER') logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {
    this.#loop = new SweepLoop({ name: 'forwarding', everyMs, sweep: () => this.sweep(), logger });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#loop.close();
  }

  /** For a row that was just committed: it need not wait for the sweep, which finds it when Redis cannot be told. */
  async enqueue(workspaceId: string, jobId: string | null): Promise<void> {
    if (jobId === null) return;
    const job = { workspace_id: workspaceId, forwarding_job_id: jobId };
    await this.queues.add(sendForwarding, job).catch(() => undefined);
  }

  /** Rejects when the database or Redis is away. */
  async sweep(): Promise<void> {
    const { rows } = await this.database.pool.query<{ workspace_id: string; id: string }>({
      name: 'due_forwarding_jobs',
      text: 'SELECT workspace_id, id FROM due_forwarding_jobs($1, $2)',
      values: [new Date(this.now()), most],
    });
    await Promise.all(
      rows.map(({ workspace_id, id }) => this.queues.add(sendForwarding, { workspace_id, forwarding_job_id: id })),
    );
  }
}
