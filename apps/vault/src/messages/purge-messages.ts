import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { workspaceSettings } from '@otpost/contracts';
import { OwnerDatabase } from '@otpost/database';
import { SweepLoop, type Logger } from '@otpost/platform';

const everyMs = 30_000;
/** Of one workspace in one sweep: no workspace keeps the others waiting. */
const batchSize = 200;
const defaultHours = workspaceSettings.parse({}).message_retention_hours;

/**
 * Takes the content out of messages that their workspace keeps no longer; what they were stays. A message that was not opened yet is left
 * alone: its code is still to be deposited. So is one that is still to be sent on, for a day at most: after that nobody tries any more.
 */
@Injectable()
export class PurgeMessages implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject('LOGGER') logger: Logger,
  ) {
    this.#loop = new SweepLoop({
      name: 'purge_messages',
      everyMs,
      sweep: async () => (await this.sweep()) >= batchSize,
      logger,
    });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#loop.close();
  }

  /** @returns how many were purged */
  async sweep(): Promise<number> {
    const { rowCount } = await this.owner.pool.query({
      name: 'purge_messages',
      text: `UPDATE inbound_message SET content = NULL, extraction = NULL, data_key_id = NULL, purged_at = clock_timestamp()
             WHERE id IN (
               SELECT m.id FROM workspace AS w
               CROSS JOIN LATERAL (
                 SELECT id FROM inbound_message
                 WHERE workspace_id = w.id AND purged_at IS NULL AND processed_at IS NOT NULL AND received_at <=
                   clock_timestamp() - make_interval(hours => coalesce((w.settings ->> 'message_retention_hours')::int, $1))
                   AND NOT EXISTS (
                     SELECT FROM forwarding_job AS j
                     WHERE j.inbound_message_id = inbound_message.id AND j.state = 'pending'
                       AND j.created_at > clock_timestamp() - interval '1 day')
                 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS m)`,
      values: [defaultHours, batchSize],
    });
    return rowCount ?? 0;
  }
}
