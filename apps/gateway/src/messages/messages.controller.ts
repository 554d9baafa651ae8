import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  fullMessage,
  listMessages,
  messageState,
  messageView,
  pageOf,
  pageRequest,
  readMessage,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';

const tag = 'Messages';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/messages',
  access: 'vault:read',
  tag,
  summary: 'What came in, newest first: without content, with what became of it and why',
  query: z.strictObject({ ...pageRequest.shape, credential_id: uuid().optional(), state: messageState.optional() }),
  response: pageOf(messageView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/messages/:id',
  access: 'messages:read',
  tag,
  summary: 'A message with its content and what was found in it',
  params: z.strictObject({ id: uuid() }),
  response: fullMessage,
});

@Controller()
export class MessagesController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query: { credential_id, state, ...page } }: InputOf<typeof list>) {
    const request = { ...call.caller, credential_id: credential_id ?? null, state: state ?? null, page };
    return this.rpc.call(listMessages, request, { signal: call.signal });
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    return this.rpc.call(readMessage, { ...call.caller, id: params.id }, { signal: call.signal });
  }
}
