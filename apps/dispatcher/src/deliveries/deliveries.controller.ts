import { Controller, Inject } from '@nestjs/common';
import {
  AppError,
  getDelivery,
  listDeliveries,
  notFound,
  recoverDeliveries,
  retryDelivery,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobQueues, Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { runOnce } from '../idempotency/run-once.js';
import { AttemptNow } from './attempt-now.js';
import { readDelivery, viewOfDelivery, withAttempts } from './delivery-rows.js';
import { drainJobOf } from './drain-lanes.js';

/** What was sent where, and sending it again. */
@Controller()
export class DeliveriesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AttemptNow) private readonly attemptNow: AttemptNow,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /** Newest first. */
  @Rpc(listDeliveries)
  async list(request: RequestOf<typeof listDeliveries>): Promise<ResponseOf<typeof listDeliveries>> {
    const { workspace_id: workspaceId, filter, page } = request;
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.delivery.findMany({
        where: {
          workspaceId,
          ...(filter.endpoint_id === null ? {} : { endpointId: filter.endpoint_id }),
          ...(filter.event_id === null ? {} : { eventId: filter.event_id }),
          ...(filter.state === null ? {} : { state: filter.state }),
          ...(page.cursor == null ? {} : { id: { lt: page.cursor } }),
        },
        include: withAttempts,
        orderBy: { id: 'desc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map(viewOfDelivery);
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(getDelivery)
  async get({ workspace_id, id }: RequestOf<typeof getDelivery>): Promise<ResponseOf<typeof getDelivery>> {
    return this.database.withWorkspace(workspace_id, (tx) => readDelivery(tx, id));
  }

  /** The key is taken before the attempt is made: a repeat shows what came of it, and never sends again. */
  @Rpc(retryDelivery)
  async retry(request: RequestOf<typeof retryDelivery>): Promise<ResponseOf<typeof retryDelivery>> {
    const { workspace_id: workspaceId, id, idempotency } = request;
    const { replayed } = await this.database.withWorkspace(workspaceId, (tx) =>
      runOnce(tx, { workspaceId, idempotency, now: new Date(this.now()) }, async () => {
        const found = await tx.delivery.findUnique({ where: { id }, select: { id: true } });
        if (found === null) throw notFound('delivery');
        await recordAudit(tx, request, { action: 'delivery.retried', resource: { type: 'delivery', id } });
        return { status: 200, resourceId: id };
      }),
    );
    if (!replayed) await this.attemptNow.attempt(workspaceId, id, 'retry');
    return this.database.withWorkspace(workspaceId, (tx) => readDelivery(tx, id));
  }

  @Rpc(recoverDeliveries)
  async recover(request: RequestOf<typeof recoverDeliveries>): Promise<ResponseOf<typeof recoverDeliveries>> {
    const { workspace_id: workspaceId, endpoint_id: endpointId, since, idempotency } = request;
    const now = new Date(this.now());
    const outcome = await this.database.withWorkspace(
      workspaceId,
      (tx) =>
        runOnce(tx, { workspaceId, idempotency, now }, async () => {
          // Locked, so that it is not disabled in between: what is recovered then would be pending, and never sent.
          const [endpoint] = await tx.$queryRaw<{ enabled: boolean }[]>`
            SELECT enabled FROM webhook_endpoint WHERE id = ${endpointId}::uuid FOR SHARE`;
          if (endpoint === undefined) throw notFound('webhook endpoint');
          if (!endpoint.enabled) throw new AppError('conflict', 'the endpoint is disabled: enable it first');
          const recovered = await tx.$executeRaw`
            UPDATE delivery SET state = 'pending', attempt_count = 0, next_attempt_at = ${now}::timestamptz, leased_until = NULL
            WHERE workspace_id = ${workspaceId}::uuid AND endpoint_id = ${endpointId}::uuid AND state IN ('held', 'failed')
              AND created_at >= ${new Date(since)}::timestamptz
              AND NOT EXISTS (SELECT FROM event e WHERE e.id = delivery.event_id AND e.type = 'endpoint.test')`;
          const resource = { type: 'webhook_endpoint', id: endpointId };
          await recordAudit(tx, request, {
            action: 'webhook_endpoint.recovered',
            resource,
            details: { since, recovered },
          });
          return { status: 200, resourceId: `${endpointId}:${recovered}` };
        }),
      { timeoutMs: 50_000 },
    );
    await this.queues.add(...drainJobOf(workspaceId, { endpointId, isFailing: false })).catch(() => undefined);
    return { recovered: Number(outcome.resourceId?.split(':')[1] ?? 0) };
  }
}
