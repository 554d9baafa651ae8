import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { apiKeyId, mintAccessToken, revokeAccessToken, secretText } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { KeyCache } from '../authentication/api-keys.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'Sendblue: access tokens';
const defaultTtlSeconds = 900;
/** Refused rather than ignored: a token that is wider than was asked for would be a surprise. */
const unscoped = z.undefined({ error: 'tokens are not scoped to phone numbers here: leave it out' });

const mint = defineEndpoint({
  method: 'POST',
  path: '/v3/auth/tokens',
  access: 'any-key',
  tag,
  summary: "Mint a short-lived bearer token with the key's scopes",
  body: z
    .strictObject({
      expires_in_seconds: z.int().min(60).max(86_400).optional(),
      phone_number: unscoped.optional(),
      phone_numbers: unscoped.optional(),
    })
    .optional(),
  response: z.object({
    token: secretText,
    token_id: apiKeyId,
    token_type: z.literal('Bearer'),
    expires_at: z.iso.datetime(),
    phone_numbers: z.array(z.string()),
  }),
});

const revoke = defineEndpoint({
  method: 'DELETE',
  path: '/v3/auth/tokens/:id',
  access: 'any-key',
  tag,
  summary: 'Revoke a token',
  params: z.strictObject({ id: apiKeyId }),
  response: z.object({ status: z.literal('OK') }),
});

@Controller()
export class AccessTokensController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(KeyCache) private readonly keys: KeyCache,
  ) {}

  @Handles(mint)
  async mint(@CallOf() call: Call, @Input() { body }: InputOf<typeof mint>) {
    const request = {
      ...call.caller,
      parent_id: call.keyId,
      ttl_seconds: body?.expires_in_seconds ?? defaultTtlSeconds,
    };
    const minted = await this.rpc.call(mintAccessToken, request, { signal: call.signal });
    return { ...minted, token_type: 'Bearer' as const, phone_numbers: [] };
  }

  @Handles(revoke)
  async revoke(@CallOf() call: Call, @Input() { params }: InputOf<typeof revoke>) {
    await this.rpc.call(revokeAccessToken, { ...call.caller, id: params.id }, { signal: call.signal });
    this.keys.forget(params.id);
    return { status: 'OK' as const };
  }
}
