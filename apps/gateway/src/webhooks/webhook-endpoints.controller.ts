import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  deliveryView,
  enableWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookEndpoints,
  newWebhookEndpoint,
  pageOf,
  pageRequest,
  recoverDeliveries,
  rotateWebhookSecret,
  testWebhookEndpoint,
  webhookEndpointChange,
  webhookEndpointView,
  webhookEndpointWithSecret,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Webhook endpoints';
const access = 'webhooks:write';
const byId = z.strictObject({ id: uuid() });
const defaultOverlapSeconds = 86_400;
const longestOverlapSeconds = 604_800;

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/webhook-endpoints',
  access,
  tag,
  summary: 'Have events sent to a URL; the signing secret is shown once, here',
  body: newWebhookEndpoint,
  response: webhookEndpointWithSecret,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/webhook-endpoints',
  access,
  tag,
  summary: 'List webhook endpoints, without their secrets',
  query: z.strictObject(pageRequest.shape),
  response: pageOf(webhookEndpointView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/webhook-endpoints/:id',
  access,
  tag,
  summary: 'Read one webhook endpoint',
  params: byId,
  response: webhookEndpointView,
});

const change = defineEndpoint({
  method: 'PATCH',
  path: '/v1/webhook-endpoints/:id',
  access,
  tag,
  summary: 'Change a webhook endpoint; only the fields sent change',
  params: byId,
  body: webhookEndpointChange,
  response: webhookEndpointView,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/webhook-endpoints/:id',
  access,
  tag,
  summary: 'Delete a webhook endpoint with its deliveries',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

const enable = defineEndpoint({
  method: 'POST',
  path: '/v1/webhook-endpoints/:id/enable',
  access,
  tag,
  summary: 'Send to a disabled endpoint again; what was held meanwhile is recovered on request',
  params: byId,
  status: 200,
  response: webhookEndpointView,
});

const test = defineEndpoint({
  method: 'POST',
  path: '/v1/webhook-endpoints/:id/test',
  access,
  tag,
  summary: 'Send a test event once, now; the answer tells what came of it',
  params: byId,
  status: 200,
  response: deliveryView,
});

const rotate = defineEndpoint({
  method: 'POST',
  path: '/v1/webhook-endpoints/:id/rotate-secret',
  access,
  tag,
  summary: 'Make a new signing secret, shown once, here; the one before signs too for the overlap (default: a day)',
  params: byId,
  body: z.strictObject({ overlap_seconds: z.int().min(0).max(longestOverlapSeconds).optional() }).optional(),
  status: 200,
  response: webhookEndpointWithSecret,
});

const recover = defineEndpoint({
  method: 'POST',
  path: '/v1/webhook-endpoints/:id/recover',
  access,
  tag,
  summary: 'Send again whatever was held or failed since a time',
  params: byId,
  body: z.strictObject({ since: z.iso.datetime({ offset: true }) }),
  status: 200,
  response: z.object({ recovered: z.int() }),
});

@Controller()
export class WebhookEndpointsController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, endpoint: body, idempotency: call.idempotency };
    const { endpoint } = await this.rpc.call(createWebhookEndpoint, request, { signal: call.signal });
    return endpoint;
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query }: InputOf<typeof list>) {
    return this.rpc.call(listWebhookEndpoints, { ...call.caller, page: query }, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(getWebhookEndpoint, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(change)
  async change(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof change>) {
    return this.rpc.call(
      changeWebhookEndpoint,
      { ...call.caller, id: params.id, change: body },
      { signal: call.signal },
    );
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { params }: InputOf<typeof remove>) {
    await this.rpc.call(deleteWebhookEndpoint, { ...call.caller, id: params.id }, { signal: call.signal });
    return { success: true as const };
  }

  @Handles(enable)
  async enable(@CallOf() call: Call, @Input() { params }: InputOf<typeof enable>) {
    const request = { ...call.caller, id: params.id, idempotency: call.idempotency };
    return this.rpc.call(enableWebhookEndpoint, request, { signal: call.signal });
  }

  @Handles(test)
  async test(@CallOf() call: Call, @Input() { params }: InputOf<typeof test>) {
    const request = { ...call.caller, id: params.id, idempotency: call.idempotency };
    return this.rpc.call(testWebhookEndpoint, request, { signal: call.signal });
  }

  @Handles(rotate)
  async rotate(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof rotate>) {
    const overlap_seconds = body?.overlap_seconds ?? defaultOverlapSeconds;
    const request = { ...call.caller, id: params.id, overlap_seconds, idempotency: call.idempotency };
    return this.rpc.call(rotateWebhookSecret, request, { signal: call.signal });
  }

  @Handles(recover)
  async recover(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof recover>) {
    const request = { ...call.caller, endpoint_id: params.id, since: body.since, idempotency: call.idempotency };
    return this.rpc.call(recoverDeliveries, request, { signal: call.signal });
  }
}
