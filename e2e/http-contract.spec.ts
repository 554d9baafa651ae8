import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
let workspace: Workspace;
let other: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system);
  other = await createWorkspace(system);
});

const list = (headers: Record<string, string>) => call(system, '/api/v2/totp/secrets', { headers });

describe('authentication', () => {
  it('takes a key in each of the four header forms', async () => {
    const key = workspace.apiKey;
    const [, , id = '', ...secret] = key.split('_');
    const minted = await call<{ token: string }>(system, '/v3/auth/tokens', { method: 'POST', key });
    expect(minted.status).toBe(201);
    const forms: Record<string, string>[] = [
      { authorization: `Bearer ${key}` },
      { 'cc-key': key },
      { 'sb-api-key-id': id, 'sb-api-secret-key': secret.join('_') },
      { 'sb-api-key-id': id, 'sb-api-secret-key': key },
      { authorization: `Bearer ${minted.body.token}` },
    ];
    for (const form of forms) expect((await list(form)).status).toBe(200);
  });

  it('answers a missing, malformed, mistyped and wrong key alike', async () => {
    const key = workspace.apiKey;
    const [, , id = ''] = key.split('_');
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Basic abc' },
      { authorization: `Bearer ${key.slice(0, -1)}x` },
      { authorization: `Bearer ${key}x` },
      { 'cc-key': 'x' },
      { 'sb-api-key-id': id },
      { 'sb-api-key-id': id, 'sb-api-secret-key': `${'A'.repeat(43)}00000000` },
      { 'sb-api-key-id': 'other', 'sb-api-secret-key': key },
      { authorization: `Bearer ${other.apiKey}`, 'cc-key': key, 'x-ignored': 'y', 'sb-api-key-id': 'z' },
    ];
    const answers = await Promise.all(wrong.map(list));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 401, 401, 200]);
    for (const { body } of answers.slice(0, 8))
      expect(body).toMatchObject({ status: 'ERROR', code: 'unauthenticated' });
  });

  it('holds a key to its scopes, and the root key to its own routes', async () => {
    const made = await call<{ key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['codes:read'] },
    });
    const { key } = made.body;
    expect(await call(system, '/v1/otp-secrets', { key })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await call(system, '/v1/workspaces', { key })).toMatchObject({ status: 403 });
    expect(await call(system, '/vault', { key: system.rootKey })).toMatchObject({ status: 403 });
    expect(await call(system, '/v1/workspaces', { key: `otp_root_${'x'.repeat(43)}` })).toMatchObject({ status: 401 });
  });

  it('lets no access token make a key that outlives it, nor multiply the limit of its key', async () => {
    const made = await call<{ key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['admin', 'vault:read'], rate_limit_per_second: 3 },
    });
    const mint = () => call<{ token: string }>(system, '/v3/auth/tokens', { method: 'POST', key: made.body.key });
    const token = (await mint()).body.token;
    expect(await call(system, '/v1/api-keys', { key: token, body: { scopes: ['admin'] } })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    const answers = await Promise.all(Array.from({ length: 30 }, () => list({ 'cc-key': token })));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
  });

  it('refuses a revoked key and the tokens minted with it from the moment the answer is there, and an expired one', async () => {
    const made = await call<{ id: string; key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['vault:read'] },
    });
    const token = await call<{ token: string }>(system, '/v3/auth/tokens', { method: 'POST', key: made.body.key });
    expect((await list({ 'cc-key': made.body.key })).status).toBe(200);
    expect((await list({ 'cc-key': token.body.token })).status).toBe(200);
    expect(
      (await call(system, `/v1/api-keys/${made.body.id}`, { method: 'DELETE', key: workspace.apiKey })).status,
    ).toBe(200);
    expect((await list({ 'cc-key': made.body.key })).status).toBe(401);
    expect((await list({ 'cc-key': token.body.token })).status).toBe(401);
    const past = await call(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['vault:read'], expires_at: new Date(Date.now() - 1_000).toISOString() },
    });
    expect(past).toMatchObject({ status: 422, body: { errors: [{ path: 'expires_at' }] } });
  });

  it("tells 429 with Retry-After beyond a key's limit", async () => {
    const made = await call<{ key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['vault:read'], rate_limit_per_second: 5 },
    });
    const answers = await Promise.all(Array.from({ length: 30 }, () => list({ 'cc-key': made.body.key })));
    const refused = answers.filter(({ status }) => status === 429);
    const allowed = answers.filter(({ status }) => status === 200);
    expect(refused.length + allowed.length).toBe(30);
    expect(allowed.length).toBeLessThanOrEqual(15); // 5 a second; the thirty take three seconds at the very most
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.headers.get('ratelimit-limit')).toBe('5');
    expect(refused[0]?.body).toMatchObject({ code: 'rate_limited' });
  });
});

describe('errors', () => {
  it('are problem details that name every field at fault', async () => {
    const { status, headers, body } = await call(system, '/v1/otp-secrets', {
      key: workspace.apiKey,
      body: { type: 'totp', period: 'soon', nonsense: 1 },
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({
      status: 422,
      title: 'Unprocessable Entity',
      code: 'validation_failed',
      request_id: headers.get('x-request-id'),
      errors: expect.arrayContaining([
        expect.objectContaining({ path: 'period' }),
        { path: 'nonsense', message: 'unknown field' },
      ]),
    });
    expect(body['message']).toBe(body['detail']);
    expect(body['error']).toBe(body['detail']);
  });

  it('never echo a secret', async () => {
    const secret = 'no-base32-since-1089-but-secret';
    rememberSecret('refused secret', secret);
    const { status, body } = await call(system, '/v1/otp-secrets', {
      key: workspace.apiKey,
      body: { type: 'totp', label: 'x', secret },
    });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it.each([
    ['malformed JSON', { rawBody: '{"type":' }, 400],
    ['an array', { rawBody: '[]' }, 422],
    ['a prototype', { rawBody: '{"__proto__":{"admin":true},"type":"totp","label":"x"}' }, 400],
    [
      'another content type',
      { rawBody: 'type=totp', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
    ],
    ['a body beyond the limit', { rawBody: `{"label":"${'x'.repeat(6 * 1024 * 1024)}"}` }, 413],
    ['deep nesting', { rawBody: '['.repeat(100_000) }, 400],
  ])('answer %s', async (_what, options, status) => {
    expect(await call(system, '/v1/otp-secrets', { key: workspace.apiKey, ...options })).toMatchObject({ status });
  });

  it("answer an unknown route, an id that is none, and another workspace's id alike with 404", async () => {
    const mine = await call<{ id: string }>(system, '/v1/otp-secrets', {
      key: workspace.apiKey,
      body: { type: 'totp', label: 'x' },
    });
    const read = (id: string) => call(system, `/v1/otp-secrets/${id}`, { key: other.apiKey });
    expect((await call(system, '/v1/nothing', { key: workspace.apiKey })).status).toBe(404);
    expect((await read('none')).status).toBe(404);
    const unknown = await read(randomUUID());
    const foreign = await read(mine.body.id);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect(foreign.status).toBe(404);
  });

  it('are not made of an empty body where none is needed', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await call(system, '/api/v2/totp/secrets', { key: workspace.apiKey, headers });
    expect(answer.status).toBe(200);
  });
});

describe('idempotency keys', () => {
  it('make one thing of a repeat, with the secret that is shown once, and refuse another body', async () => {
    const post = (label: string) =>
      call(system, '/v1/otp-secrets', {
        key: workspace.apiKey,
        headers: { 'idempotency-key': 'create-1' },
        body: { type: 'totp', label },
      });
    const first = await post('once');
    const repeat = await post('once');
    expect(first.status).toBe(201);
    expect(repeat).toMatchObject({ status: 201, body: first.body });
    expect(await post('other')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('render the present state of the resource, or that it is gone', async () => {
    const send = () =>
      call<{ id: string }>(system, '/v1/otp-secrets', {
        key: workspace.apiKey,
        headers: { 'idempotency-key': 'create-2' },
        body: { type: 'totp', label: 'short-lived' },
      });
    const { body } = await send();
    await call(system, `/v1/otp-secrets/${body.id}`, { method: 'DELETE', key: workspace.apiKey });
    expect((await send()).status).toBe(404);
  });

  it('belong to a workspace: the same key of another one is another key', async () => {
    const post = (key: string) =>
      call<{ id: string }>(system, '/v1/otp-secrets', {
        key,
        headers: { 'idempotency-key': 'shared' },
        body: { type: 'totp', label: 'x' },
      });
    expect((await post(workspace.apiKey)).body.id).not.toBe((await post(other.apiKey)).body.id);
  });

  it('make one of many concurrent repeats; the others are told that it is in flight, or get the same', async () => {
    const post = () =>
      call<{ id: string }>(system, '/vault', {
        key: workspace.apiKey,
        headers: { 'idempotency-key': 'concurrent' },
        body: { permissioned_user_id: 'concurrent', domain: 'concurrent.example' },
      });
    const answers = await Promise.all(Array.from({ length: 10 }, post));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, body } of answers)
      if (status !== 201) expect(body).toMatchObject({ code: 'idempotency_in_flight' });
  });
});

describe('audit and usage', () => {
  it('tell of every read of a code and every change, chained within a second, and verify', async () => {
    const audited = await createWorkspace(system);
    const key = audited.apiKey;
    const made = await call<{ id: string }>(system, '/v1/otp-secrets', {
      key,
      body: { type: 'totp', label: 'audited' },
    });
    const read = await call(system, `/api/v2/totp/code/${made.body.id}`, {
      key,
      headers: { 'x-request-id': 'my-own-id' },
    });
    expect(read.headers.get('cache-control')).toBe('no-store');
    const entries = await until(async () => {
      const { body } = await call<{ items: AuditEntry[] }>(system, '/v1/audit', { key });
      return body.items.every(({ hash }) => hash !== null) ? body.items : undefined;
    });
    expect(entries.map(({ action }) => action)).toEqual([
      'otp_secret.code_read',
      'otp_secret.created',
      'workspace.created',
    ]);
    expect(entries[0]).toMatchObject({
      actor: { kind: 'api_key', id: key.split('_')[2] },
      resource: { type: 'otp_secret', id: made.body.id },
      request_id: 'my-own-id',
      ip: expect.stringMatching(/127\.0\.0\.1|::1/),
    });
    const logged = (service: string) => readFileSync(system.logFile(service), 'utf8').includes('my-own-id');
    expect(logged('gateway')).toBe(true);
    expect(logged('vault') || logged('vault-2')).toBe(true);
    expect((await call(system, '/v1/audit/verify', { key })).body).toMatchObject({ valid: true, entries: 3 });
    const usage = await call<{ days: { counts: Record<string, number> }[] }>(system, '/v1/usage', { key });
    expect(usage.body.days.at(-1)?.counts).toMatchObject({ 'otp_secret.code_read': 1 });
  });
});

describe('workspaces', () => {
  it('are renamed, change their settings, and when deleted take their keys along', async () => {
    const made = await createWorkspace(system, 'short-lived');
    const path = `/v1/workspaces/${made.workspaceId}`;
    const key = system.rootKey;
    const changed = await call(system, path, {
      method: 'PATCH',
      key,
      body: { name: 'renamed', settings: { code_freshness_seconds: 30 } },
    });
    expect(changed.body).toMatchObject({ name: 'renamed', settings: { code_freshness_seconds: 30 } });
    expect(
      (await call(system, path, { method: 'PATCH', key, body: { settings: { code_freshness_seconds: 29 } } })).status,
    ).toBe(422);
    await call(system, '/v1/otp-secrets', { key: made.apiKey, body: { type: 'totp', label: 'x' } });
    expect(await call(system, path, { method: 'DELETE', key })).toMatchObject({ status: 200 });
    expect((await call(system, path, { key })).status).toBe(404);
    await until(async () => ((await call(system, '/vault', { key: made.apiKey })).status === 401 ? true : undefined));
  });
});

describe('the documentation', () => {
  it('is OpenAPI 3.1, and rendered without asking anybody else', async () => {
    const { body } = await call(system, '/openapi.json');
    expect(body['openapi']).toBe('3.1.0');
    const page = await (await fetch(`${system.gatewayUrl}/docs`)).text();
    expect(page).not.toMatch(/https?:\/\//);
    for (const [, asset] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await fetch(system.gatewayUrl + (asset ?? ''))).status).toBe(200);
    }
  });
});

interface AuditEntry {
  action: string;
  hash: string | null;
}

/** Asks again until there is an answer, for at most ten seconds. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error('it did not come about within ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('an id in capitals', () => {
  it('is the same id, for what is sealed under it too', async () => {
    const { workspaceId, apiKey: key } = await createWorkspace(system);
    const url = { url: 'http://127.0.0.1:9/hook' };
    const { body: endpoint } = await call<{ id: string }>(system, '/v1/webhook-endpoints', { key, body: url });
    const path = `/v1/webhook-endpoints/${endpoint.id.toUpperCase()}/rotate-secret`;
    expect((await call(system, path, { method: 'POST', key })).status).toBe(200);
    const body = { workspace_id: workspaceId.toUpperCase() };
    expect((await call(system, '/v1/keys/rotate-dek', { key: system.rootKey, body })).body['workspaces']).toBe(1);
    const stored = await call(system, '/v1/otp-secrets', { key, body: { type: 'totp', label: 'capitals' } });
    expect(stored.status).toBe(201);
  });
});
