import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OwnerDatabase } from '@otpost/database';
import { SweepLoop, type Logger } from '@otpost/platform';

const everyMs = 500;
const batchSize = 500;

/**
 * Wipes codes whose time is over: used, acknowledged or no longer fresh. Wiped is gone from the row. Nothing reads a code that is due,
 * so its end does not hang on this being quick. Idle, it is one look at a small index.
 */
@Injectable()
export class WipeCodes implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject('LOGGER') logger: Logger,
  ) {
    this.#loop = new SweepLoop({
      name: 'wipe_codes',
      everyMs,
      sweep: async () => (await this.sweep()) === batchSize,
      logger,
    });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#loop.close();
  }

  /** One batch. @returns how many were wiped */
  async sweep(): Promise<number> {
    const { rowCount } = await this.owner.pool.query({
      name: 'wipe_due_codes',
      text: `UPDATE received_code SET value = NULL, data_key_id = NULL, wiped_at = clock_timestamp()
             WHERE id IN (
               SELECT id FROM received_code WHERE wiped_at IS NULL AND wipe_due_at <= clock_timestamp()
               ORDER BY wipe_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      values: [batchSize],
    });
    return rowCount ?? 0;
  }
}
