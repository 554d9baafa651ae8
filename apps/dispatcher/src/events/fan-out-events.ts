import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { eventStreamGrew, fanOutEvents, type JobOf } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { Broadcast, JobHandler, JobQueues } from '@otpost/messaging';
import { clock, type Clock } from '../clock.js';
import { drainJobOf, type DrainTarget } from '../deliveries/drain-lanes.js';
import { planDeliveries, type EventToPlan, type PlannedDelivery, type Subscriber } from './plan-deliveries.js';

/** Rows that one transaction may make. */
const mostDeliveries = 5_000;
const mostEvents = 500;

interface EndpointRow extends Subscriber {
  failing_since: Date | null;
}

type EventRow = EventToPlan & { place: bigint };

/**
 * Makes the deliveries of new events and gives the events their place in the workspace's stream. One at a time per workspace, so that a place
 * is visible only after all places before it: who has read up to one has missed none.
 */
@Injectable()
export class FanOutEvents {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(Broadcast) private readonly broadcast: Broadcast,
    @Inject(clock) private readonly now: Clock,
  ) {}

  @JobHandler(fanOutEvents, { concurrency: 16 })
  async handle({ workspace_id }: JobOf<typeof fanOutEvents>): Promise<void> {
    while (await this.fanOutSome(workspace_id));
  }

  /** @returns whether there may be more */
  async fanOutSome(workspaceId: string): Promise<boolean> {
    const done = await this.database.withWorkspace(workspaceId, (tx) => this.#fanOut(tx, workspaceId));
    // Whatever is not told now is found by the sweeper, and by streams when they look again.
    await Promise.allSettled([
      ...done.targets.map((target) => this.queues.add(...drainJobOf(workspaceId, target))),
      ...(done.position === null
        ? []
        : [this.broadcast.publish(eventStreamGrew, { workspace_id: workspaceId, position: done.position })]),
    ]);
    return done.isFull;
  }

  async #fanOut(tx: Transaction, workspaceId: string) {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`fan out ${workspaceId}`}, 0))`;
    // Locked, so that an endpoint disabled meanwhile finds the deliveries made here, and holds them.
    const endpoints = await tx.$queryRaw<EndpointRow[]>`
      SELECT id, events, enabled, failing_since FROM webhook_endpoint WHERE workspace_id = ${workspaceId}::uuid FOR SHARE`;
    const limit = Math.max(1, Math.min(mostEvents, Math.floor(mostDeliveries / Math.max(1, endpoints.length))));
    const now = new Date(this.now());
    const events = await tx.$queryRaw<EventRow[]>`
      SELECT event_id AS id, event_type AS type, event_payload AS payload, place
      FROM place_events(${workspaceId}::uuid, ${limit}::integer, ${now}::timestamptz)`;
    const last = events.at(-1);
    if (last === undefined) return { targets: [], position: null, isFull: false };
    const planned = planDeliveries(events, endpoints);
    await insertDeliveries(tx, workspaceId, planned, now);
    const due = new Set(planned.filter(({ state }) => state === 'pending').map(({ endpointId }) => endpointId));
    const targets: DrainTarget[] = endpoints
      .filter(({ id }) => due.has(id))
      .map(({ id, failing_since }) => ({ endpointId: id, isFailing: failing_since !== null }));
    return { targets, position: Number(last.place), isFull: events.length === limit };
  }
}

async function insertDeliveries(
  tx: Transaction,
  workspaceId: string,
  planned: readonly PlannedDelivery[],
  now: Date,
): Promise<void> {
  if (planned.length === 0) return;
  const rows = planned.map(({ eventId, endpointId, state }) => ({
    id: uuidv7(),
    event_id: eventId,
    endpoint_id: endpointId,
    state,
  }));
  await tx.$executeRaw`
    INSERT INTO delivery (id, workspace_id, endpoint_id, event_id, state, next_attempt_at, created_at)
    SELECT r.id, ${workspaceId}::uuid, r.endpoint_id, r.event_id, r.state,
      CASE r.state WHEN 'pending' THEN ${now}::timestamptz END, ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, event_id uuid, endpoint_id uuid, state delivery_state)
    ON CONFLICT (endpoint_id, event_id) DO NOTHING`;
}
