import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  deliveryState,
  deliveryView,
  eventView,
  getDelivery,
  getEvent,
  listDeliveries,
  listEvents,
  pageOf,
  pageRequest,
  retryDelivery,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Events and deliveries';
const access = 'webhooks:write';
const byId = z.strictObject({ id: uuid() });

const events = defineEndpoint({
  method: 'GET',
  path: '/v1/events',
  access,
  tag,
  summary: 'List what happened, newest first',
  query: z.strictObject({
    ...pageRequest.shape,
    type: z.string().max(64).optional(),
    session_id: z.string().max(512).optional(),
  }),
  response: pageOf(eventView),
});

const event = defineEndpoint({
  method: 'GET',
  path: '/v1/events/:id',
  access,
  tag,
  summary: 'Read one event',
  params: byId,
  response: eventView,
});

const deliveries = defineEndpoint({
  method: 'GET',
  path: '/v1/deliveries',
  access,
  tag,
  summary: 'List what was sent where, with every attempt, newest first',
  query: z.strictObject({
    ...pageRequest.shape,
    endpoint_id: uuid().optional(),
    event_id: uuid().optional(),
    state: deliveryState.optional(),
  }),
  response: pageOf(deliveryView),
});

const delivery = defineEndpoint({
  method: 'GET',
  path: '/v1/deliveries/:id',
  access,
  tag,
  summary: 'Read one delivery with its attempts',
  params: byId,
  response: deliveryView,
});

const retry = defineEndpoint({
  method: 'POST',
  path: '/v1/deliveries/:id/retry',
  access,
  tag,
  summary: 'Send it once more, now; the answer tells what came of it',
  params: byId,
  status: 200,
  response: deliveryView,
});

@Controller()
export class DeliveriesController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(events)
  async events(@CallOf() call: Call, @Input() { query }: InputOf<typeof events>) {
    const { type = null, session_id = null, ...page } = query;
    return this.rpc.call(listEvents, { ...call.caller, type, session_id, page }, { signal: call.signal });
  }

  @Handles(event)
  async event(@CallOf() call: Call, @Input() { params }: InputOf<typeof event>) {
    return this.rpc.call(getEvent, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(deliveries)
  async deliveries(@CallOf() call: Call, @Input() { query }: InputOf<typeof deliveries>) {
    const { endpoint_id = null, event_id = null, state = null, ...page } = query;
    const filter = { endpoint_id, event_id, state };
    return this.rpc.call(listDeliveries, { ...call.caller, filter, page }, { signal: call.signal });
  }

  @Handles(delivery)
  async delivery(@CallOf() call: Call, @Input() { params }: InputOf<typeof delivery>) {
    return this.rpc.call(getDelivery, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(retry)
  async retry(@CallOf() call: Call, @Input() { params }: InputOf<typeof retry>) {
    const request = { ...call.caller, id: params.id, idempotency: call.idempotency };
    return this.rpc.call(retryDelivery, request, { signal: call.signal });
  }
}
