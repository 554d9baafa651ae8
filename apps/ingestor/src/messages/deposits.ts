import { depositMessage } from '@otpost/contracts';
import type { Database } from '@otpost/database';
import type { JobQueues } from '@otpost/messaging';
import type { Logger } from '@otpost/platform';
import { requeuedJobs } from '../inbound-metrics.js';
import type { StoredMessage } from './message-store.js';

export interface DepositsOptions {
  queues: Pick<JobQueues, 'add'>;
  database: Pick<Database, 'pool'>;
  logger: Logger;
}

const sweepMs = 5_000;
/** The vault has had its time by then; a job that is still waiting is not added twice. */
const youngestSeconds = 5;
/** Younger ones are looked at with every sweep, older ones with every sixth: the vault may be away for hours. */
const freshSeconds = 60;
const sweepsBetweenOld = 6;
const mostPerSweep = 5_000;
const batchSize = 100;

/**
 * Tells the vault what there is to open. A job may be lost, with all of Redis: rows say what is due, and the sweeper adds again what
 * has not been opened.
 */
export class Deposits {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private sweeps = 0;
  private readonly adding = new Set<Promise<void>>();

  constructor(private readonly options: DepositsOptions) {}

  /** Returns at once: the sender need not wait for Redis. */
  announce(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      if (message.isRepeat) continue;
      const added = this.add(message.workspaceId, message.id).catch((error: unknown) => {
        this.options.logger.warn('deposit.not_queued', { inbound_message_id: message.id }, error);
      });
      this.adding.add(added);
      void added.finally(() => this.adding.delete(added));
    }
  }

  startSweeping(): void {
    this.timer = setInterval(() => {
      this.sweeping ??= this.sweep()
        .then(() => undefined)
        .catch((error: unknown) => this.options.logger.warn('deposit.sweep_failed', {}, error))
        .finally(() => (this.sweeping = undefined));
    }, sweepMs);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
    await Promise.all(this.adding);
  }

  /** Adds jobs for the rows that nobody has opened; returns how many. */
  async sweep(): Promise<number> {
    const includesOld = this.sweeps++ % sweepsBetweenOld === 0;
    const { rows } = await this.options.database.pool.query<{ id: string; workspace_id: string }>(
      'SELECT workspace_id, id FROM messages_to_deposit($1, $2, $3)',
      [youngestSeconds, includesOld ? null : freshSeconds, mostPerSweep],
    );
    for (let start = 0; start < rows.length; start += batchSize) {
      const batch = rows.slice(start, start + batchSize);
      await Promise.all(batch.map(({ id, workspace_id }) => this.add(workspace_id, id)));
    }
    requeuedJobs.inc(rows.length);
    return rows.length;
  }

  private add(workspace_id: string, inbound_message_id: string): Promise<void> {
    return this.options.queues.add(depositMessage, { workspace_id, inbound_message_id });
  }
}
