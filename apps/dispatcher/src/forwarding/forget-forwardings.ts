import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '@otpost/database';
import { SweepLoop, type Logger } from '@otpost/platform';
import { clock, type Clock } from '../clock.js';

/** Longer than any link to a confirmation is good, and than any copy is tried. */
const keptMs = 30 * 24 * 3_600_000;
const everyMs = 60_000;
const batchSize = 500;

/** Deletes what was sent or given up a month ago: to whom and when is in the audit. Every replica does it. */
@Injectable()
export class ForgetForwardings implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject('LOGGER') logger: Logger,
    @Inject(clock) private readonly now: Clock,
  ) {
    const sweep = async () => (await this.sweep()) >= batchSize;
    this.#loop = new SweepLoop({ name: 'forget_forwardings', everyMs, sweep, logger });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#loop.close();
  }

  /** @returns how many were deleted */
  async sweep(): Promise<number> {
    const before = this.now() - keptMs;
    const { rows } = await this.database.pool.query<{ count: string }>({
      name: 'forget_forwardings',
      text: 'SELECT forget_forwardings($1, $2, $3) AS count',
      values: [firstIdOf(before), new Date(before), batchSize],
    });
    return Number(rows[0]?.count ?? 0);
  }
}

/** The least UUIDv7 of a millisecond (RFC 9562, section 5.7). */
function firstIdOf(epochMs: number): string {
  const hex = epochMs.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
