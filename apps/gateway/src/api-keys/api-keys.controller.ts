import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  apiKeyId,
  apiKeyView,
  createApiKey,
  listApiKeys,
  newApiKey,
  pageOf,
  pageRequest,
  revokeApiKey,
  secretText,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { KeyCache } from '../authentication/api-keys.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'API keys';
const access = 'admin';

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/api-keys',
  access,
  tag,
  summary: 'Create an API key; the key is shown once, here',
  body: newApiKey,
  response: apiKeyView.extend({ key: secretText.nullable() }),
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/api-keys',
  access,
  tag,
  summary: 'List API keys, without their secret',
  query: z.strictObject({ cursor: apiKeyId.optional(), limit: pageRequest.shape.limit }),
  response: pageOf(apiKeyView),
});

const revoke = defineEndpoint({
  method: 'DELETE',
  path: '/v1/api-keys/:id',
  access,
  tag,
  summary: 'Revoke an API key and every token minted from it, at once',
  params: z.strictObject({ id: apiKeyId }),
  response: z.object({ success: z.literal(true) }),
});

@Controller()
export class ApiKeysController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(KeyCache) private readonly keys: KeyCache,
  ) {}

  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    const request = { ...call.caller, api_key: body, idempotency: call.idempotency };
    const { api_key } = await this.rpc.call(createApiKey, request, { signal: call.signal });
    return api_key;
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query }: InputOf<typeof list>) {
    return this.rpc.call(listApiKeys, { ...call.caller, page: query }, { signal: call.signal });
  }

  @Handles(revoke)
  async revoke(@CallOf() call: Call, @Input() { params }: InputOf<typeof revoke>) {
    await this.rpc.call(revokeApiKey, { ...call.caller, id: params.id }, { signal: call.signal });
    // The vault tells every gateway; this one must know before it answers. Tokens made from the key go with it.
    this.keys.forgetAll();
    return { success: true as const };
  }
}
