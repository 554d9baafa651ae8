import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineBroadcast } from '../broadcasts.js';
import { defineEvent, defineRpc, secretText } from '../rpc.js';
import { scope } from '../scopes.js';

export const apiKeyId = z.string().regex(/^[a-z0-9]{1,40}$/);

export const newApiKey = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  scopes: z.array(scope).min(1).max(20),
  env: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/)
    .default('live'),
  expires_at: z.iso.datetime({ offset: true }).nullish(),
  rate_limit_per_second: z.int().min(1).max(1_000_000).nullish(),
});

export const apiKeyView = z.object({
  id: apiKeyId,
  name: z.string().nullable(),
  env: z.string(),
  scopes: z.array(scope),
  rate_limit_per_second: z.int().nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable(),
});

/** A key on the day it is made: the whole of it is shown once. */
export const createdApiKey = z.object({ id: apiKeyId, key: secretText.nullable(), scopes: z.array(scope) });

export const createApiKey = defineRpc({
  pattern: 'vault.api-keys.create',
  request: workspaceCaller.extend({ api_key: newApiKey, idempotency: idempotency.nullable() }),
  response: z.object({ api_key: apiKeyView.extend({ key: secretText.nullable() }), status: z.int() }),
  delivery: 'at-most-once',
});

export const listApiKeys = defineRpc({
  pattern: 'vault.api-keys.list',
  request: workspaceCaller.extend({ page: z.object({ cursor: apiKeyId.nullish(), limit: pageRequest.shape.limit }) }),
  response: pageOf(apiKeyView),
});

/** Revokes a key and every token minted from it, at once. */
export const revokeApiKey = defineRpc({
  pattern: 'vault.api-keys.revoke',
  request: workspaceCaller.extend({ id: apiKeyId }),
  response: z.object({}),
});

/** A short-lived key made from another one, with its scopes: Sendblue's access token. */
export const mintAccessToken = defineRpc({
  pattern: 'vault.api-keys.mint-token',
  request: workspaceCaller.extend({ parent_id: apiKeyId, ttl_seconds: z.int().min(60).max(86_400) }),
  response: z.object({ token: secretText, token_id: apiKeyId, expires_at: z.iso.datetime() }),
  delivery: 'at-most-once',
});

export const revokeAccessToken = defineRpc({
  pattern: 'vault.api-keys.revoke-token',
  request: workspaceCaller.extend({ id: apiKeyId }),
  response: z.object({}),
});

/** Keys were used: for `last_used_at`. Lost ones are no loss. */
export const apiKeysUsed = defineEvent({
  pattern: 'vault.api-keys.used',
  payload: z.object({ uses: z.array(z.object({ id: apiKeyId, at_ms: z.int() })).max(10_000) }),
});

/** A key or token was revoked: whoever keeps it in memory drops it, with the tokens minted from it. */
export const apiKeyRevoked = defineBroadcast('vault.api-key-revoked', z.object({ id: apiKeyId }));
