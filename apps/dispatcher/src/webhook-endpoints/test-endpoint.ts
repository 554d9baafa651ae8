import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError, notFound, type DeliveryView, type RequestOf, type testWebhookEndpoint } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { AttemptNow, ensureDeliveries } from '../deliveries/attempt-now.js';
import { readDelivery } from '../deliveries/delivery-rows.js';
import { runOnce } from '../idempotency/run-once.js';

/** Sends an endpoint an event of its own, `endpoint.test`, once and while the caller waits. It is in no stream and goes nowhere else. */
@Injectable()
export class TestEndpoint {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AttemptNow) private readonly attemptNow: AttemptNow,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async test(request: RequestOf<typeof testWebhookEndpoint>): Promise<DeliveryView> {
    const { workspace_id: workspaceId, id, idempotency } = request;
    const now = new Date(this.now());
    const outcome = await this.database.withWorkspace(workspaceId, (tx) =>
      runOnce(tx, { workspaceId, idempotency, now }, async () => {
        const endpoint = await tx.webhookEndpoint.findUnique({ where: { id }, select: { id: true } });
        if (endpoint === null) throw notFound('webhook endpoint');
        await recordAudit(tx, request, {
          action: 'webhook_endpoint.tested',
          resource: { type: 'webhook_endpoint', id },
        });
        return { status: 200, resourceId: await this.#insert(tx, workspaceId, id, now) };
      }),
    );
    const deliveryId = outcome.resourceId ?? '';
    if (!outcome.replayed) await this.attemptNow.attempt(workspaceId, deliveryId, 'test');
    return this.database.withWorkspace(workspaceId, (tx) => readDelivery(tx, deliveryId));
  }

  async #insert(tx: Transaction, workspaceId: string, endpointId: string, now: Date): Promise<string> {
    const eventId = uuidv7();
    const payload = { endpoint_id: endpointId, message: 'A test of this endpoint.' };
    await tx.event.create({
      data: { id: eventId, workspaceId, type: 'endpoint.test', payload, createdAt: now, fannedOutAt: now },
    });
    const [deliveryId] = await ensureDeliveries(tx, workspaceId, [{ eventId, endpointId }]);
    if (deliveryId === undefined) throw new AppError('internal', 'no delivery was made');
    return deliveryId;
  }
}
