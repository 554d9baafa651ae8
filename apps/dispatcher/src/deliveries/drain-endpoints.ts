import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { drainEndpoint, drainFailingEndpoint, fanOutEvents, type JobOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobHandler, JobQueues } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';
import { AttemptDelivery } from './attempt-delivery.js';
import { Drain } from './drain.js';
import { drainJobOf } from './drain-lanes.js';
import { holdDeliveries } from './disable-endpoint.js';

/** Endpoints at once, in one replica. */
const healthyConcurrency = 256;
const failingConcurrency = 200;
/** Requests at once, of one endpoint. */
const healthyWindow = 32;
const failingWindow = 2;
/** After which a job makes room for the next endpoint's and comes again. */
const sliceMs = 5_000;
/** Failures in a row after which an endpoint changes to the lane of the failing ones. */
const failuresToChangeLane = 5;

type Job = JobOf<typeof drainEndpoint>;

/**
 * Drains endpoints, one job each. A failing one has a lane of its own with few requests at once: however many hang, and however long, the jobs of
 * the healthy wait behind none of them. One success brings it back.
 */
@Injectable()
export class DrainEndpoints implements OnModuleDestroy {
  #isStopping = false;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(AttemptDelivery) private readonly attempts: AttemptDelivery,
    @Inject('LOGGER') private readonly logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {}

  @JobHandler(drainEndpoint, { concurrency: healthyConcurrency })
  drainHealthy(job: Job): Promise<void> {
    return this.#drain(job, false);
  }

  @JobHandler(drainFailingEndpoint, { concurrency: failingConcurrency })
  drainFailing(job: Job): Promise<void> {
    return this.#drain(job, true);
  }

  /** Before the queues wait for their jobs: what is under way ends, nothing more is taken. */
  onModuleDestroy(): void {
    this.#isStopping = true;
  }

  async #drain({ workspace_id: workspaceId, endpoint_id: endpointId }: Job, isFailingLane: boolean): Promise<void> {
    const endpoint = await this.database.withWorkspace(workspaceId, async (tx) => {
      const row = await tx.webhookEndpoint.findUnique({ where: { id: endpointId } });
      if (row?.enabled === false) await holdDeliveries(tx, endpointId);
      return row?.enabled === true ? row : null;
    });
    if (endpoint === null || this.#isStopping) return;
    const isFailing = endpoint.failingSince !== null;
    if (isFailing !== isFailingLane) return this.#enqueue(workspaceId, endpointId, isFailing);

    await this.attempts.prepare(endpoint);
    const startedAt = performance.now();
    const isSliceOver = () => performance.now() - startedAt > sliceMs;
    const drain = new Drain({
      database: this.database,
      attempts: this.attempts,
      now: this.now,
      endpoint,
      window: isFailingLane ? failingWindow : healthyWindow,
      isOver: ({ failingSince, failuresInRow }) =>
        this.#isStopping ||
        isSliceOver() ||
        (isFailingLane ? failingSince === null : failuresInRow >= failuresToChangeLane),
    });
    try {
      await drain.run();
    } finally {
      const { attempted, succeeded } = drain;
      const durationMs = Math.round(performance.now() - startedAt);
      const fields = {
        workspace_id: workspaceId,
        endpoint_id: endpointId,
        attempted,
        succeeded,
        duration_ms: durationMs,
      };
      if (attempted > 0) this.logger.info('webhooks.drained', fields);
    }
    if (drain.isDisabled) {
      this.logger.warn('webhooks.endpoint_disabled', { workspace_id: workspaceId, endpoint_id: endpointId });
      await this.queues.add(fanOutEvents, { workspace_id: workspaceId }).catch(() => undefined);
    } else if (!this.#isStopping && drain.attempted > 0) {
      // There may be more: it stopped for the next one's sake, or to change lanes. An empty round costs one look.
      await this.#enqueue(workspaceId, endpointId, drain.health.failingSince !== null);
    }
  }

  /** The sweeper does it when Redis cannot. */
  async #enqueue(workspaceId: string, endpointId: string, isFailing: boolean): Promise<void> {
    await this.queues.add(...drainJobOf(workspaceId, { endpointId, isFailing })).catch(() => undefined);
  }
}
