import type { StatisticsView } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';

type Counts = Omit<StatisticsView['challenges'], 'open'>;
type Factor = StatisticsView['factors'][number];
type Point = StatisticsView['series'][number];

/** At most 48 points, whatever the time that is looked at. */
export function bucketSecondsOf(hours: number): number {
  const wanted = (hours * 3_600) / 48;
  return [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200].find((seconds) => seconds >= wanted) ?? 86_400;
}

export async function countOpen(tx: Transaction): Promise<number> {
  const [row] = await tx.$queryRaw<[{ open: number }]>`
    SELECT count(*)::int AS open FROM challenge WHERE status = 'pending' AND expires_at > now()`;
  return row.open;
}

export async function countChallenges(tx: Transaction, from: Date): Promise<Counts> {
  const [row] = await tx.$queryRaw<[Counts]>`
    SELECT count(*)::int AS opened,
      count(*) FILTER (WHERE status = 'resolved')::int AS resolved,
      count(*) FILTER (WHERE status IN ('expired', 'cancelled', 'failed'))::int AS unresolved,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM ended_at - created_at)))
        FILTER (WHERE status = 'resolved') AS median_seconds
    FROM challenge WHERE id >= ${firstIdAt(from)}::uuid`;
  return row;
}

export async function countFactors(tx: Transaction, from: Date): Promise<Factor[]> {
  return tx.$queryRaw<Factor[]>`
    SELECT factor, count(*)::int AS resolved,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM ended_at - created_at))) AS median_seconds
    FROM challenge WHERE id >= ${firstIdAt(from)}::uuid AND status = 'resolved' AND factor IS NOT NULL
    GROUP BY factor ORDER BY resolved DESC, factor`;
}

export async function readSeries(tx: Transaction, from: Date, to: Date, bucketSeconds: number): Promise<Point[]> {
  const rows = await tx.$queryRaw<(Omit<Point, 'at'> & { at: Date })[]>`
    SELECT bucket AS at, count(c.id)::int AS opened,
      count(*) FILTER (WHERE status = 'resolved')::int AS resolved,
      count(*) FILTER (WHERE status IN ('expired', 'cancelled', 'failed'))::int AS unresolved,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM ended_at - created_at)))
        FILTER (WHERE status = 'resolved') AS median_seconds
    FROM generate_series(${from}::timestamptz, ${to}::timestamptz, make_interval(secs => ${bucketSeconds}::int)) AS bucket
    LEFT JOIN challenge AS c ON c.id >= ${firstIdAt(from)}::uuid
      AND c.created_at >= bucket AND c.created_at < bucket + make_interval(secs => ${bucketSeconds}::int)
    GROUP BY bucket ORDER BY bucket`;
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

export async function countDeliveries(tx: Transaction, from: Date): Promise<StatisticsView['deliveries']> {
  const rows = await tx.$queryRaw<{ state: keyof StatisticsView['deliveries']; count: number }[]>`
    SELECT state, count(*)::int AS count FROM delivery WHERE id >= ${firstIdAt(from)}::uuid GROUP BY state`;
  const counts = { pending: 0, delivered: 0, failed: 0, held: 0, dropped: 0 };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** Ids begin with the millisecond in which they were made (UUIDv7, RFC 9562 section 5.7), so the primary key finds a time. */
function firstIdAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
