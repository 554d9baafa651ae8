import { Controller, Inject } from '@nestjs/common';
import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  enableWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookEndpoints,
  notFound,
  rotateWebhookSecret,
  testWebhookEndpoint,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { ChangeEndpoint } from './change-endpoint.js';
import { CreateEndpoint } from './create-endpoint.js';
import { viewOfEndpoint } from './endpoint-rows.js';
import { RotateSecret } from './rotate-secret.js';
import { TestEndpoint } from './test-endpoint.js';

/** Where a workspace's events are sent. */
@Controller()
export class WebhookEndpointsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CreateEndpoint) private readonly createEndpoint: CreateEndpoint,
    @Inject(ChangeEndpoint) private readonly changeEndpoint: ChangeEndpoint,
    @Inject(RotateSecret) private readonly rotateSecret: RotateSecret,
    @Inject(TestEndpoint) private readonly testEndpoint: TestEndpoint,
  ) {}

  @Rpc(createWebhookEndpoint)
  create(request: RequestOf<typeof createWebhookEndpoint>): Promise<ResponseOf<typeof createWebhookEndpoint>> {
    return this.createEndpoint.create(request);
  }

  @Rpc(listWebhookEndpoints)
  async list(request: RequestOf<typeof listWebhookEndpoints>): Promise<ResponseOf<typeof listWebhookEndpoints>> {
    const { workspace_id: workspaceId, page } = request;
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.webhookEndpoint.findMany({
        where: { workspaceId, ...(page.cursor == null ? {} : { id: { gt: page.cursor } }) },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map(viewOfEndpoint);
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(getWebhookEndpoint)
  async get({
    workspace_id,
    id,
  }: RequestOf<typeof getWebhookEndpoint>): Promise<ResponseOf<typeof getWebhookEndpoint>> {
    const row = await this.database.withWorkspace(workspace_id, (tx) =>
      tx.webhookEndpoint.findUnique({ where: { id } }),
    );
    if (row === null) throw notFound('webhook endpoint');
    return viewOfEndpoint(row);
  }

  @Rpc(changeWebhookEndpoint)
  change(request: RequestOf<typeof changeWebhookEndpoint>): Promise<ResponseOf<typeof changeWebhookEndpoint>> {
    return this.changeEndpoint.change(request);
  }

  @Rpc(deleteWebhookEndpoint)
  async delete(request: RequestOf<typeof deleteWebhookEndpoint>): Promise<ResponseOf<typeof deleteWebhookEndpoint>> {
    const { workspace_id: workspaceId, id } = request;
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const { count } = await tx.webhookEndpoint.deleteMany({ where: { id } });
      if (count === 0) throw notFound('webhook endpoint');
      await recordAudit(tx, request, {
        action: 'webhook_endpoint.deleted',
        resource: { type: 'webhook_endpoint', id },
      });
    });
    return {};
  }

  @Rpc(enableWebhookEndpoint)
  enable(request: RequestOf<typeof enableWebhookEndpoint>): Promise<ResponseOf<typeof enableWebhookEndpoint>> {
    return this.changeEndpoint.enable(request);
  }

  @Rpc(testWebhookEndpoint)
  test(request: RequestOf<typeof testWebhookEndpoint>): Promise<ResponseOf<typeof testWebhookEndpoint>> {
    return this.testEndpoint.test(request);
  }

  @Rpc(rotateWebhookSecret)
  rotate(request: RequestOf<typeof rotateWebhookSecret>): Promise<ResponseOf<typeof rotateWebhookSecret>> {
    return this.rotateSecret.rotate(request);
  }
}
