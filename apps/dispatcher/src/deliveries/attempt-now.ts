import { Inject, Injectable } from '@nestjs/common';
import { notFound } from '@otpost/contracts';
import { Database, type AttemptTrigger, type Transaction } from '@otpost/database';
import { v7 as uuidv7 } from 'uuid';
import { AttemptDelivery } from './attempt-delivery.js';
import { recordAttempts, type Attempt } from './record-attempts.js';

/** Which deliveries to make, where there are none yet. */
export interface Pair {
  eventId: string;
  endpointId: string;
}

/**
 * One attempt while somebody waits, whatever the schedule says. A success delivers and shows the endpoint to be well; a failure changes nothing
 * but the record.
 */
@Injectable()
export class AttemptNow {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AttemptDelivery) private readonly attempts: AttemptDelivery,
  ) {}

  async attempt(
    workspaceId: string,
    deliveryId: string,
    trigger: Exclude<AttemptTrigger, 'schedule'>,
  ): Promise<Attempt> {
    const delivery = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.delivery.findUnique({ where: { id: deliveryId }, include: { event: true, endpoint: true } }),
    );
    if (delivery === null) throw notFound('delivery');
    const { endpoint, event } = delivery;
    const attempt = { ...(await this.attempts.attempt(endpoint, { id: deliveryId, event }, trigger)), onFailure: null };
    await recordAttempts(this.database.pool, workspaceId, [attempt]);
    if (!attempt.answer.success || endpoint.failingSince === null) return attempt;
    await this.database.withWorkspace(workspaceId, (tx) =>
      tx.webhookEndpoint.updateMany({
        where: { id: endpoint.id, failingSince: { not: null } },
        data: { failingSince: null },
      }),
    );
    return attempt;
  }
}

/**
 * Makes sure that these deliveries are there, for attempts by hand: one that is new counts as failed until an attempt succeeds, so no schedule
 * begins. Returns the ids in the order of the pairs.
 */
export async function ensureDeliveries(
  tx: Transaction,
  workspaceId: string,
  pairs: readonly Pair[],
): Promise<string[]> {
  const rows = pairs.map(({ eventId, endpointId }, n) => ({
    id: uuidv7(),
    event_id: eventId,
    endpoint_id: endpointId,
    n,
  }));
  const json = JSON.stringify(rows);
  await tx.$executeRaw`
    INSERT INTO delivery (id, workspace_id, endpoint_id, event_id, state)
    SELECT r.id, ${workspaceId}::uuid, r.endpoint_id, r.event_id, 'failed'
    FROM jsonb_to_recordset(${json}::jsonb) AS r(id uuid, event_id uuid, endpoint_id uuid)
    ON CONFLICT (endpoint_id, event_id) DO NOTHING`;
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT d.id FROM jsonb_to_recordset(${json}::jsonb) AS r(event_id uuid, endpoint_id uuid, n integer)
    JOIN delivery d ON d.endpoint_id = r.endpoint_id AND d.event_id = r.event_id
    ORDER BY r.n`;
  return found.map(({ id }) => id);
}
