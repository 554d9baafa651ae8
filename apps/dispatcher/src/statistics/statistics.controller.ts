import { Controller, Inject } from '@nestjs/common';
import { readStatistics, type RequestOf, type StatisticsView } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { clock, type Clock } from '../clock.js';
import {
  bucketSecondsOf,
  countChallenges,
  countDeliveries,
  countFactors,
  countOpen,
  readSeries,
} from './statistics-rows.js';

/** How things went, counted where they are kept. */
@Controller()
export class StatisticsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(clock) private readonly now: Clock,
  ) {}

  @Rpc(readStatistics)
  async read({ workspace_id, hours }: RequestOf<typeof readStatistics>): Promise<StatisticsView> {
    const bucketSeconds = bucketSecondsOf(hours);
    const to = new Date(this.now());
    // Whole buckets, so that a chart does not change its shape from one look to the next.
    const firstBucket = Math.floor((this.now() / 1_000 - hours * 3_600) / bucketSeconds) + 1;
    const from = new Date(firstBucket * bucketSeconds * 1_000);
    return this.database.withWorkspace(workspace_id, async (tx) => ({
      from: from.toISOString(),
      to: to.toISOString(),
      bucket_seconds: bucketSeconds,
      challenges: { open: await countOpen(tx), ...(await countChallenges(tx, from)) },
      factors: await countFactors(tx, from),
      series: await readSeries(tx, from, to, bucketSeconds),
      deliveries: await countDeliveries(tx, from),
    }));
  }
}
