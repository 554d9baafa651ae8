import { orUnavailable, type Queryable } from '@otpost/database';

/** A delivery that is this process's until its lease ends, and the event it is of. */
export interface TakenDelivery {
  id: string;
  /** Attempts by the schedule that were made before. */
  attemptCount: number;
  event: { id: string; type: string; payload: unknown; metadata: unknown; challengeId: string | null };
}

/** Longer than an attempt may take and be written down; when a process dies, that long its deliveries wait. */
const leaseMs = 30_000;

type Row = Pick<TakenDelivery, 'id' | 'attemptCount'> & Omit<TakenDelivery['event'], 'id'> & { eventId: string };

/**
 * Takes deliveries of an endpoint that are due, the longest due first, and leases them. Rows that another process is at are passed over. What
 * has lost its point meanwhile, a question whose challenge is over, is dropped instead of tried again.
 */
export async function takeDeliveries(
  db: Queryable,
  { workspaceId, endpointId, limit, now }: { workspaceId: string; endpointId: string; limit: number; now: Date },
): Promise<TakenDelivery[]> {
  const { rows } = await orUnavailable(
    db.query<Row>({
      name: 'take_deliveries',
      text: `SELECT delivery_id AS id, attempts_made AS "attemptCount", event_id AS "eventId", event_type AS type,
               event_payload AS payload, event_metadata AS metadata, challenge_id AS "challengeId"
             FROM take_deliveries($1, $2, $3, $4, $5)`,
      values: [workspaceId, endpointId, limit, now, new Date(now.getTime() + leaseMs)],
    }),
  );
  return rows.map(({ id, attemptCount, eventId, ...event }) => ({
    id,
    attemptCount,
    event: { id: eventId, ...event },
  }));
}
