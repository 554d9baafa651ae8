import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { defineRpc } from '../rpc.js';
import { challengeFactor } from './events.js';

const count = z.int().min(0);
/** From opening to the code; null where there was none. */
const medianSeconds = z.number().min(0).nullable();

/** How challenges and deliveries of a workspace went over the last hours: those that began in that time. */
export const statisticsView = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  bucket_seconds: z.int().min(60),
  challenges: z.object({
    /** Open right now, whenever they began. */
    open: count,
    opened: count,
    resolved: count,
    /** Expired, cancelled or failed. */
    unresolved: count,
    median_seconds: medianSeconds,
  }),
  factors: z.array(z.object({ factor: challengeFactor, resolved: count, median_seconds: medianSeconds })),
  /** Oldest first; buckets without challenges are there too. */
  series: z.array(
    z.object({
      at: z.iso.datetime(),
      opened: count,
      resolved: count,
      unresolved: count,
      median_seconds: medianSeconds,
    }),
  ),
  deliveries: z.object({ pending: count, delivered: count, failed: count, held: count, dropped: count }),
});
export type StatisticsView = z.output<typeof statisticsView>;

export const readStatistics = defineRpc({
  pattern: 'dispatcher.statistics.read',
  request: workspaceCaller.extend({ hours: z.int().min(1).max(720) }),
  response: statisticsView,
});
