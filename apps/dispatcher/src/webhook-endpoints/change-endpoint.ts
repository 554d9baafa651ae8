import { Inject, Injectable } from '@nestjs/common';
import {
  fanOutEvents,
  notFound,
  type changeWebhookEndpoint,
  type enableWebhookEndpoint,
  type RequestOf,
  type WebhookEndpointView,
} from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { JobQueues } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { DestinationGuard } from '../deliveries/destination-guard.js';
import { disableEndpoint } from '../deliveries/disable-endpoint.js';
import { runOnce } from '../idempotency/run-once.js';
import { viewOfEndpoint } from './endpoint-rows.js';

/** Changes an endpoint, switches it off and on. */
@Injectable()
export class ChangeEndpoint {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DestinationGuard) private readonly guard: DestinationGuard,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async change(request: RequestOf<typeof changeWebhookEndpoint>): Promise<WebhookEndpointView> {
    const { workspace_id: workspaceId, id, change } = request;
    if (change.url !== undefined) await this.guard.checkUrl(change.url);
    const { url, description, events, status } = change;
    const { view, isDisabled } = await this.database.withWorkspace(workspaceId, async (tx) => {
      await this.#lock(tx, id);
      await tx.webhookEndpoint.update({
        where: { id },
        data: {
          // What failed, failed elsewhere.
          ...(url === undefined ? {} : { url, failingSince: null }),
          ...(description === undefined ? {} : { description }),
          ...(events === undefined ? {} : { events: [...new Set(events)] }),
        },
      });
      const now = new Date(this.now());
      if (status === 'enabled') await this.#enable(tx, id);
      const isDisabled =
        status === 'disabled' && (await disableEndpoint(tx, { workspaceId, endpointId: id, reason: 'requested', now }));
      const resource = { type: 'webhook_endpoint', id };
      await recordAudit(tx, request, {
        action: 'webhook_endpoint.changed',
        resource,
        details: { fields: Object.keys(change) },
      });
      return { view: await this.#read(tx, id), isDisabled };
    });
    if (isDisabled) await this.queues.add(fanOutEvents, { workspace_id: workspaceId }).catch(() => undefined);
    return view;
  }

  async enable(request: RequestOf<typeof enableWebhookEndpoint>): Promise<WebhookEndpointView> {
    const { workspace_id: workspaceId, id, idempotency } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      await runOnce(tx, { workspaceId, idempotency, now: new Date(this.now()) }, async () => {
        await this.#lock(tx, id);
        await this.#enable(tx, id);
        await recordAudit(tx, request, {
          action: 'webhook_endpoint.enabled',
          resource: { type: 'webhook_endpoint', id },
        });
        return { status: 200, resourceId: id };
      });
      return this.#read(tx, id);
    });
  }

  async #lock(tx: Transaction, id: string): Promise<void> {
    const [row] = await tx.$queryRaw<unknown[]>`SELECT id FROM webhook_endpoint WHERE id = ${id}::uuid FOR UPDATE`;
    if (row === undefined) throw notFound('webhook endpoint');
  }

  async #enable(tx: Transaction, id: string): Promise<void> {
    await tx.webhookEndpoint.updateMany({
      where: { id, enabled: false },
      data: { enabled: true, disabledAt: null, disabledReason: null, failingSince: null },
    });
  }

  async #read(tx: Transaction, id: string): Promise<WebhookEndpointView> {
    const row = await tx.webhookEndpoint.findUnique({ where: { id } });
    if (row === null) throw notFound('webhook endpoint');
    return viewOfEndpoint(row);
  }
}
