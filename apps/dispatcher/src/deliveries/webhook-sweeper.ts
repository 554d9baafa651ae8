import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { fanOutEvents } from '@otpost/contracts';
import { OwnerDatabase } from '@otpost/database';
import { JobQueues } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';
import { workspacesWithUnsentEvents } from '../events/unsent-events.js';
import { drainJobOf } from './drain-lanes.js';
import { dueEndpoints } from './due-endpoints.js';

const pauseMs = 1_000;

/**
 * Every second: a job for whatever rows say is due. It is how retries come round, and how work goes on after a replica died or Redis forgot
 * everything. Every replica does it; jobs of the same id fall together.
 */
@Injectable()
export class WebhookSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject('LOGGER') private readonly logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Rejects when the database or Redis is away. */
  async sweep(): Promise<void> {
    const now = new Date(this.now());
    const workspaces = await workspacesWithUnsentEvents(this.owner, now);
    const endpoints = await dueEndpoints(this.owner, now);
    await Promise.all([
      ...workspaces.map((workspace_id) => this.queues.add(fanOutEvents, { workspace_id })),
      ...endpoints.map(({ workspaceId, ...target }) => this.queues.add(...drainJobOf(workspaceId, target))),
    ]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.sweep().then(
        () => this.#report(false),
        (error: unknown) => this.#report(true, error),
      );
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #report(isFailing: boolean, error?: unknown): void {
    if (isFailing && !this.#isFailing) this.logger.error('webhooks.sweeper_failing', {}, error);
    if (!isFailing && this.#isFailing) this.logger.info('webhooks.sweeper_recovered');
    this.#isFailing = isFailing;
  }
}
