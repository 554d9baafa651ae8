import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CloudCruise } from 'cloudcruise';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const itsOwnHost = 'https://api.cloudcruise.com';
const realFetch = globalThis.fetch;
let workspace: Workspace;
let client: CloudCruise;

beforeAll(async () => {
  // The client refuses any base URL but its own, so its requests are led here.
  globalThis.fetch = (input, init) => realFetch((input as string).replace(itsOwnHost, system.gatewayUrl), init);
  workspace = await createWorkspace(system);
  client = new CloudCruise({ apiKey: workspace.apiKey, encryptionKey: workspace.clientEncryptionKey });
});

afterAll(() => {
  globalThis.fetch = realFetch;
});

const login = {
  user_name: 'agent-canary-user@example.com',
  password: 'correct-horse-battery-canary',
  tfa_secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
};
for (const [field, value] of Object.entries(login)) rememberSecret(`cloudcruise ${field}`, value);

describe('the cloudcruise client, unmodified', () => {
  it('creates an entry with its own encryption and reads it back', async () => {
    const made = await client.vault.create('https://www.GitHub.com/login', 'alice', {
      ...login,
      tfa_method: 'AUTHENTICATOR',
      user_alias: 'Alice',
      cookies: [{ name: 'session', value: 'cookie-canary-value' }],
      persist_cookies: true,
      expiry_time_from_last_use: '30 days',
      max_concurrency: 3,
    });
    rememberSecret('cloudcruise cookie', 'cookie-canary-value');
    expect(made).toMatchObject({
      ...login,
      id: expect.any(String),
      workspace_id: workspace.workspaceId,
      permissioned_user_id: 'alice',
      domain: 'github.com',
      tfa_method: 'AUTHENTICATOR',
      cookies: [{ name: 'session', value: 'cookie-canary-value' }],
      max_concurrency: 3,
    });
    const [read] = await client.vault.get({ permissioned_user_id: 'alice', domain: 'github.com' });
    expect(read).toMatchObject({ ...login, id: made.id });
    const [encrypted] = await client.vault.get({
      permissioned_user_id: 'alice',
      domain: 'github.com',
      decryptCredentials: false,
    });
    expect(encrypted?.password).toMatch(/^[0-9a-f]{60,}$/);
    expect(encrypted?.password).not.toBe((await client.vault.get())[0]?.password);
  });

  it('gets the current code, as an independent implementation makes it', async () => {
    const from = Date.now();
    const { type, code, expires_in_seconds } = await client.vault.getTfaCode('alice', 'https://github.com/');
    expect(type).toBe('authenticator');
    expect(totpBetween({ secret: login.tfa_secret }, from, Date.now())).toContain(code);
    expect(expires_in_seconds).toBeGreaterThanOrEqual(1);
    expect(expires_in_seconds).toBeLessThanOrEqual(30);
  });

  it('updates only what is sent', async () => {
    rememberSecret('cloudcruise new password', 'another-canary-password');
    const updated = await client.vault.update({
      permissioned_user_id: 'alice',
      domain: 'github.com',
      user_name: login.user_name,
      password: 'another-canary-password',
    });
    expect(updated).toMatchObject({ password: 'another-canary-password', user_alias: 'Alice', max_concurrency: 3 });
    expect(await client.vault.getTfaCode('alice', 'github.com')).toMatchObject({ type: 'authenticator' });
  });

  it('refuses the same pair twice', async () => {
    await expect(client.vault.create('github.com', 'alice', {})).rejects.toThrow(/already/);
  });

  it('lists every entry, and deletes one', async () => {
    await client.vault.create('example.com', 'bob', { user_name: 'bob', password: 'bobs-canary-password' });
    rememberSecret('cloudcruise second password', 'bobs-canary-password');
    expect((await client.vault.get()).map(({ domain }) => domain).sort()).toEqual(['example.com', 'github.com']);
    await client.vault.delete({ domain: 'example.com', permissioned_user_id: 'bob' });
    expect(await client.vault.get()).toHaveLength(1);
    await expect(client.vault.get({ permissioned_user_id: 'bob', domain: 'example.com' })).rejects.toThrow(/not found/);
  });
});

describe('the vault routes', () => {
  const key = () => workspace.apiKey;
  const pair = { permissioned_user_id: 'carol', domain: 'bank.example' };

  it('mask what came in plain text, and never give it back', async () => {
    const made = await call(system, '/vault', {
      key: key(),
      body: { ...pair, password: 'plain-canary-password', user_name: 'carol-canary' },
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ password: null, user_name: null, tfa_secret: null, tfa_method: null });
  });

  it('tell by status and code why there is no code', async () => {
    const query = new URLSearchParams(pair).toString();
    const read = () => call(system, `/vault/tfa-code?${query}`, { key: key() });
    const set = (change: Record<string, unknown>) =>
      call(system, '/vault', { method: 'PUT', key: key(), body: { ...pair, ...change } });
    expect(await read()).toMatchObject({ status: 409, body: { code: 'no_second_factor' } });
    await set({ tfa_method: 'EMAIL' });
    expect(await read()).toMatchObject({ status: 404, body: { code: 'no_fresh_code' } });
    await set({ tfa_method: 'SMS' });
    expect(await read()).toMatchObject({ status: 409, body: { code: 'factor_not_readable' } });
    await set({ tfa_method: 'MAGIC_LINK' });
    expect(await read()).toMatchObject({ status: 409, body: { code: 'factor_not_readable' } });
    await set({ tfa_method: 'AUTHENTICATOR', tfa_secret: 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=5' });
    expect(await read()).toMatchObject({ status: 409, body: { code: 'hotp_needs_post' } });
    expect((await read()).headers.get('x-should-retry')).toBe('false');
  });

  it('give browser state back as it came, and forget it when told', async () => {
    const cookies = { zebra: [1, 2.5, null, 'ü'], alpha: { nested: true } };
    await call(system, '/vault', {
      method: 'PUT',
      key: key(),
      body: { ...pair, cookies, local_storage: 'text', session_storage: [] },
    });
    const query = new URLSearchParams(pair).toString();
    const read = await call(system, `/vault?${query}`, { key: key() });
    expect(read.body).toMatchObject({
      cookies,
      local_storage: 'text',
      session_storage: [],
      session_data_set_at: expect.any(String),
    });
    expect(JSON.stringify(read.body['cookies'])).toBe(JSON.stringify(cookies));
    expect(await call(system, '/vault/clear-browser-state', { method: 'PATCH', key: key(), body: pair })).toMatchObject(
      {
        status: 200,
        body: { success: true },
      },
    );
    expect((await call(system, `/vault?${query}`, { key: key() })).body).toMatchObject({
      cookies: null,
      local_storage: null,
      session_storage: null,
      session_data_set_at: null,
    });
  });

  it('refuse what only looks client-encrypted, half a filter, no host and unknown fields', async () => {
    const refused = (path: string, body: unknown, method = 'POST') => call(system, path, { key: key(), body, method });
    const looks = 'ab'.repeat(40);
    expect(await refused('/vault', { ...pair, domain: 'other.example', password: looks })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'password' }] },
    });
    expect(await refused('/vault', { ...pair, domain: 'https://' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'domain' }] },
    });
    expect(await refused('/vault', { ...pair, tfa_methd: 'EMAIL' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'tfa_methd' }] },
    });
    expect(await refused('/vault', { domain: 'x.example' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'permissioned_user_id', message: 'required' }] },
    });
    expect(await refused('/vault', { ...pair, domain: 'y.example', tfa_method: 'AUTHENTICATOR' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'tfa_secret' }] },
    });
    expect(await call(system, '/vault?domain=bank.example', { key: key() })).toMatchObject({ status: 422 });
    expect(await refused('/vault', { ...pair, user_alias: 'nul\u0000byte' }, 'PUT')).toMatchObject({ status: 422 });
  });

  it('ignore with a PUT what only otpost sets', async () => {
    const { body } = await call(system, `/vault?${new URLSearchParams(pair).toString()}`, { key: key() });
    const back = {
      ...pair,
      id: body['id'],
      created_at: body['created_at'],
      tfa_email: 'x@y.example',
      user_alias: 'again',
    };
    const updated = await call(system, '/vault', { method: 'PUT', key: key(), body: back });
    expect(updated).toMatchObject({ status: 200, body: { user_alias: 'again', created_at: body['created_at'] } });
  });
});
