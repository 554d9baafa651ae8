import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  createInbox,
  getInbox,
  graceSeconds,
  inboxView,
  listInboxes,
  pageOf,
  pageRequest,
  rotateInbox,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Inboxes';
const byId = z.strictObject({ id: uuid() });
const defaultGraceSeconds = 24 * 3_600;

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/inboxes',
  access: 'vault:write',
  tag,
  summary: 'The inbox of a credential, made if there is none: asking twice gives the same',
  idempotent: false,
  body: z.strictObject({ credential_id: uuid() }),
  response: inboxView,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/inboxes',
  access: 'vault:read',
  tag,
  summary: 'List inboxes',
  query: z.strictObject({ ...pageRequest.shape, credential_id: uuid().optional() }),
  response: pageOf(inboxView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/inboxes/:id',
  access: 'vault:read',
  tag,
  summary: 'Read an inbox',
  params: byId,
  response: inboxView,
});

const rotate = defineEndpoint({
  method: 'POST',
  path: '/v1/inboxes/:id/rotate',
  access: 'vault:write',
  tag,
  summary: 'Give an inbox a new address; the old one accepts mail for a grace period, a day unless told otherwise',
  params: byId,
  body: z.strictObject({ grace_seconds: graceSeconds.optional() }).optional(),
  status: 200,
  response: inboxView,
});

@Controller()
export class InboxesController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    return this.rpc.call(createInbox, { ...call.caller, ...body }, { signal: call.signal });
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query: { credential_id, ...page } }: InputOf<typeof list>) {
    const request = { ...call.caller, credential_id: credential_id ?? null, page };
    return this.rpc.call(listInboxes, request, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(getInbox, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(rotate)
  async rotate(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof rotate>) {
    const grace_seconds = body?.grace_seconds ?? defaultGraceSeconds;
    const request = { ...call.caller, id: params.id, grace_seconds, idempotency: call.idempotency };
    const { inbox } = await this.rpc.call(rotateInbox, request, { signal: call.signal });
    return inbox;
  }
}
