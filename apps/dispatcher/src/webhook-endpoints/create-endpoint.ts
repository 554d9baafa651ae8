import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError, notFound, type createWebhookEndpoint, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { DestinationGuard } from '../deliveries/destination-guard.js';
import { runOnce } from '../idempotency/run-once.js';
import { viewOfEndpoint } from './endpoint-rows.js';
import { EndpointSecrets, type MadeSecret } from './endpoint-secrets.js';

/** Every event makes a row for each of them. */
const mostEndpoints = 100;

/** Makes an endpoint; its secret is in the answer and never again. */
@Injectable()
export class CreateEndpoint {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DestinationGuard) private readonly guard: DestinationGuard,
    @Inject(EndpointSecrets) private readonly secrets: EndpointSecrets,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async create(request: RequestOf<typeof createWebhookEndpoint>): Promise<ResponseOf<typeof createWebhookEndpoint>> {
    const { workspace_id: workspaceId, endpoint, idempotency } = request;
    await this.guard.checkUrl(endpoint.url);
    const newId = uuidv7();
    // Before the transaction, which must not wait for another service. A repeat throws it away.
    const made = await this.secrets.make(workspaceId, newId, null);
    const { outcome, row } = await this.database.withWorkspace(workspaceId, async (tx) => {
      const outcome = await runOnce(tx, { workspaceId, idempotency, now: new Date(this.now()) }, async () => {
        await this.#insert(tx, newId, request, made);
        return { status: 201, resourceId: newId, once: made.once_sealed, onceDataKeyId: made.data_key_id };
      });
      const row = await tx.webhookEndpoint.findUnique({ where: { id: outcome.resourceId ?? newId } });
      if (row === null) throw notFound('webhook endpoint');
      return { outcome, row };
    });
    const secret = await this.secrets.shownBy(workspaceId, row.id, made, outcome);
    return { endpoint: { ...viewOfEndpoint(row), secret }, status: outcome.status };
  }

  async #insert(
    tx: Transaction,
    id: string,
    request: RequestOf<typeof createWebhookEndpoint>,
    made: MadeSecret,
  ): Promise<void> {
    const { workspace_id: workspaceId, endpoint } = request;
    if ((await tx.webhookEndpoint.count({ where: { workspaceId } })) >= mostEndpoints) {
      throw new AppError('conflict', `a workspace has ${mostEndpoints} webhook endpoints at most`);
    }
    const events = [...new Set(endpoint.events ?? [])];
    await tx.webhookEndpoint.create({
      data: {
        id,
        workspaceId,
        url: endpoint.url,
        description: endpoint.description ?? null,
        events,
        secret: made.sealed,
        dataKeyId: made.data_key_id,
      },
    });
    await recordAudit(tx, request, {
      action: 'webhook_endpoint.created',
      resource: { type: 'webhook_endpoint', id },
      details: { events },
    });
  }
}
