import { Inject, Injectable } from '@nestjs/common';
import { AppError, sendForwarding, type JobOf } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { JobHandler } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';
import { askAnew } from './ask-confirmation.js';
import { Channels } from './channels.js';
import { Destinations } from './destinations.js';
import { ForwardingQueue } from './forwarding-queue.js';
import { SendFailure } from './outgoing.js';
import { PrepareJob, seatMoved } from './prepare-job.js';
import { recordOutcome, type Outcome } from './record-outcome.js';
import { nextTryAt } from './retry-schedule.js';
import { lockRule } from './rule-rows.js';
import { takeJob, type TakenJob, type TakenRule } from './take-job.js';

/**
 * Sends what is due. At least once: when a process dies between sending and writing that down, the row is free again after its lease, and what
 * is sent then has the same Message-ID.
 */
@Injectable()
export class SendForwardings {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PrepareJob) private readonly prepareJob: PrepareJob,
    @Inject(Channels) private readonly channels: Channels,
    @Inject(Destinations) private readonly destinations: Destinations,
    @Inject(ForwardingQueue) private readonly queue: ForwardingQueue,
    @Inject('LOGGER') private readonly logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {}

  @JobHandler(sendForwarding, { concurrency: 20 })
  async send({ workspace_id: workspaceId, forwarding_job_id: id }: JobOf<typeof sendForwarding>): Promise<void> {
    const job = await this.database.withWorkspace(workspaceId, (tx) => takeJob(tx, id, new Date(this.now())));
    if (job === undefined) return;
    const started = performance.now();
    const outcome = await this.#attempt(job);
    const confirmationId = await this.database.withWorkspace(workspaceId, async (tx) => {
      const now = new Date(this.now());
      // A rule before its jobs, as who changes or deletes it does: else they might wait for each other.
      const isMoved = outcome.state === 'dropped' && outcome.reason === seatMoved && job.purpose !== 'notice';
      const rule = isMoved ? await lockRule(tx, job.rule.id) : null;
      await recordOutcome(tx, job, outcome, now);
      return rule === null || !isMoved ? null : this.#followSeat(tx, { ...job.rule, ...rule }, now);
    });
    await this.queue.enqueue(workspaceId, confirmationId);
    this.logger.info('forwarding.attempted', {
      forwarding_job_id: id,
      workspace_id: workspaceId,
      purpose: job.purpose,
      state: outcome.state,
      reason: outcome.state === 'sent' ? null : outcome.reason,
      attempt: job.attemptCount + 1,
      duration_ms: Math.round(performance.now() - started),
    });
  }

  /** A seat's new address must be confirmed as the one before was. */
  async #followSeat(tx: Transaction, rule: TakenRule, now: Date): Promise<string | null> {
    const destination = this.destinations.movedTo(rule);
    return destination === null ? null : askAnew(tx, { ...rule, destination }, now);
  }

  async #attempt(job: TakenJob): Promise<Outcome> {
    try {
      const prepared = await this.prepareJob.prepare(job);
      if ('dropped' in prepared) return { state: 'dropped', reason: prepared.dropped };
      await this.channels.send(prepared.via, prepared.outgoing);
      return { state: 'sent', via: prepared.via };
    } catch (error) {
      if (error instanceof SendFailure && error.isPermanent) return { state: 'failed', reason: error.reason };
      // Of what was not foreseen the name alone: its words may be those of the message.
      if (!(error instanceof SendFailure || error instanceof AppError))
        this.logger.error('forwarding.failed', { forwarding_job_id: job.id, error: (error as Error).name });
      return this.#again(job, reasonOf(error));
    }
  }

  #again({ attemptCount }: TakenJob, reason: string): Outcome {
    const nextMs = nextTryAt(attemptCount + 1, { nowMs: this.now(), random: Math.random() });
    return nextMs === null
      ? { state: 'failed', reason }
      : { state: 'pending', reason, nextAttemptAt: new Date(nextMs) };
  }
}

/** Of an error that is not ours to send on: its code alone. */
function reasonOf(error: unknown): string {
  if (error instanceof SendFailure) return error.reason;
  return error instanceof AppError ? `vault_${error.code}` : 'internal';
}
