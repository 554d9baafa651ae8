import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  askForwardingConfirmation,
  changeForwardingRule,
  createForwardingRule,
  deleteForwardingRule,
  forwardingRuleView,
  forwardView,
  getForwardingRule,
  listForwardingRules,
  listForwards,
  pageOf,
  pageRequest,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { destinationField } from './destination-field.js';

const tag = 'Forwarding rules';
/** Whoever makes a rule lets somebody else read codes, from now on. */
const access = 'admin';
const byId = z.strictObject({ id: uuid() });
const channel = z.enum(['email', 'sms']);

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/forwarding-rules',
  access,
  tag,
  summary: 'Have copies of what arrives sent to a person, who is asked first',
  body: z.strictObject({
    destination: destinationField,
    credential_id: uuid().nullish().meta({ description: 'Only what arrives for it. Default: whatever arrives.' }),
    channel: channel.nullish().meta({ description: 'Only what arrives this way. Default: both.' }),
    enabled: z.boolean().optional(),
  }),
  response: forwardingRuleView,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/forwarding-rules',
  access,
  tag,
  summary: 'List forwarding rules',
  query: z.strictObject({ ...pageRequest.shape, credential_id: uuid().optional() }),
  response: pageOf(forwardingRuleView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/forwarding-rules/:id',
  access,
  tag,
  summary: 'Read one forwarding rule',
  params: byId,
  response: forwardingRuleView,
});

const change = defineEndpoint({
  method: 'PATCH',
  path: '/v1/forwarding-rules/:id',
  access,
  tag,
  summary: 'Change a forwarding rule; only the fields sent change, and another destination is asked first',
  params: byId,
  body: z.strictObject({
    destination: destinationField.optional(),
    credential_id: uuid().nullable().optional(),
    channel: channel.nullable().optional(),
    enabled: z.boolean().optional(),
  }),
  response: forwardingRuleView,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/forwarding-rules/:id',
  access,
  tag,
  summary: 'Delete a forwarding rule; what it has not sent yet is not sent',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

const ask = defineEndpoint({
  method: 'POST',
  path: '/v1/forwarding-rules/:id/send-confirmation',
  access,
  tag,
  summary: 'Ask the destination again whether it wants copies, at most once a minute',
  params: byId,
  status: 200,
  response: forwardingRuleView,
});

const forwards = defineEndpoint({
  method: 'GET',
  path: '/v1/forwarding-rules/:id/forwards',
  access,
  tag,
  summary: 'List the copies of a rule and what became of them, newest first, without content',
  params: byId,
  query: z.strictObject(pageRequest.shape),
  response: pageOf(forwardView),
});

@Controller()
export class ForwardingRulesController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const { destination, credential_id = null, channel = null, enabled = true } = body;
    const request = {
      ...call.caller,
      rule: { destination, credential_id, channel, enabled },
      idempotency: call.idempotency,
    };
    const { rule } = await this.rpc.call(createForwardingRule, request, { signal: call.signal });
    return rule;
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query }: InputOf<typeof list>) {
    const { credential_id = null, ...page } = query;
    return this.rpc.call(listForwardingRules, { ...call.caller, credential_id, page }, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(getForwardingRule, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(change)
  async change(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof change>) {
    const request = { ...call.caller, id: params.id, change: body };
    return this.rpc.call(changeForwardingRule, request, { signal: call.signal });
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { params }: InputOf<typeof remove>) {
    await this.rpc.call(deleteForwardingRule, { ...call.caller, id: params.id }, { signal: call.signal });
    return { success: true as const };
  }

  @Handles(ask)
  async ask(@CallOf() call: Call, @Input() { params }: InputOf<typeof ask>) {
    const request = { ...call.caller, id: params.id, idempotency: call.idempotency };
    return this.rpc.call(askForwardingConfirmation, request, { signal: call.signal });
  }

  @Handles(forwards)
  async forwards(@CallOf() call: Call, @Input() { params, query }: InputOf<typeof forwards>) {
    const request = { ...call.caller, id: params.id, page: query };
    return this.rpc.call(listForwards, request, { signal: call.signal });
  }
}
