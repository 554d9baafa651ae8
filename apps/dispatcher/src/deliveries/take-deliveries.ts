import type { Transaction } from '@otpost/database';

/** A delivery that is this process's until its lease ends, and the event it is of. */
export interface TakenDelivery {
  id: string;
  /** Attempts by the schedule that were made before. */
  attemptCount: number;
  event: { id: string; type: string; payload: unknown; metadata: unknown; challengeId: string | null };
}

/** Longer than an attempt may take and be written down; when a process dies, that long its deliveries wait. */
const leaseMs = 30_000;

type Row = Pick<TakenDelivery, 'id' | 'attemptCount'> &
  TakenDelivery['event'] & { event_id: string; is_pointless: boolean };

/**
 * Takes deliveries of an endpoint that are due, the longest due first, and leases them. Rows that another process is at are passed over. What
 * has lost its point meanwhile, a question whose challenge is over, is dropped instead of tried again.
 */
export async function takeDeliveries(
  tx: Transaction,
  { endpointId, limit, now }: { endpointId: string; limit: number; now: Date },
): Promise<TakenDelivery[]> {
  const rows = await tx.$queryRaw<Row[]>`
    WITH taken AS (
      UPDATE delivery SET leased_until = ${new Date(now.getTime() + leaseMs)}::timestamptz
      WHERE id IN (
        SELECT id FROM delivery
        WHERE endpoint_id = ${endpointId}::uuid AND state = 'pending' AND next_attempt_at <= ${now}::timestamptz
          AND (leased_until IS NULL OR leased_until <= ${now}::timestamptz)
        ORDER BY next_attempt_at, id LIMIT ${limit}
        FOR UPDATE SKIP LOCKED)
      RETURNING id, event_id, attempt_count, next_attempt_at
    )
    SELECT t.id, t.attempt_count AS "attemptCount", t.event_id, e.type, e.payload, e.metadata, e.challenge_id AS "challengeId",
      t.attempt_count > 0 AND e.type = 'interaction.waiting' AND NOT EXISTS (
        SELECT FROM challenge c
        WHERE c.id = e.challenge_id AND c.status = 'pending' AND c.expires_at > ${now}::timestamptz) AS is_pointless
    FROM taken t JOIN event e ON e.id = t.event_id
    ORDER BY t.next_attempt_at, t.id`;
  const pointless = rows.filter(({ is_pointless }) => is_pointless).map(({ id }) => id);
  if (pointless.length > 0) {
    await tx.$executeRaw`
      UPDATE delivery SET state = 'dropped', next_attempt_at = NULL, leased_until = NULL WHERE id = ANY (${pointless}::uuid[])`;
  }
  return rows
    .filter(({ is_pointless }) => !is_pointless)
    .map(({ id, attemptCount, event_id, type, payload, metadata, challengeId }) => ({
      id,
      attemptCount,
      event: { id: event_id, type, payload, metadata, challengeId },
    }));
}
