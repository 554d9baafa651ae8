import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { fanOutEvents } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobQueues } from '@otpost/messaging';
import { SweepLoop, type Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';
import { workspacesWithUnsentEvents } from '../events/unsent-events.js';
import { drainJobOf } from './drain-lanes.js';
import { dueEndpoints } from './due-endpoints.js';

const everyMs = 1_000;

/**
 * Every second: a job for whatever rows say is due. It is how retries come round, and how work goes on after a replica died or Redis forgot
 * everything. Every replica does it; jobs of the same id fall together.
 */
@Injectable()
export class WebhookSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject('LOGGER') logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {
    this.#loop = new SweepLoop({ name: 'webhooks', everyMs, sweep: () => this.sweep(), logger });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#loop.close();
  }

  /** Rejects when the database or Redis is away. */
  async sweep(): Promise<void> {
    const now = new Date(this.now());
    const workspaces = await workspacesWithUnsentEvents(this.database, now);
    const endpoints = await dueEndpoints(this.database, now);
    await Promise.all([
      ...workspaces.map((workspace_id) => this.queues.add(fanOutEvents, { workspace_id })),
      ...endpoints.map(({ workspaceId, ...target }) => this.queues.add(...drainJobOf(workspaceId, target))),
    ]);
  }
}
