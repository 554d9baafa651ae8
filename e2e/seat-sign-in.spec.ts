import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { call, type CallOptions } from './api.js';
import { rememberSecret } from './canary.js';
import { totpAt } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const marked = { 'x-otpost-console': '1' };
const password = 'a password of some length 8213';
let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system);
  rememberSecret('password of a seat', password);
});

const asKey = <Body>(path: string, options: CallOptions = {}) =>
  call<Body>(system, path, { key: workspace.apiKey, ...options });
const asBrowser = <Body>(path: string, options: CallOptions = {}) =>
  call<Body>(system, path, { ...options, headers: { ...marked, ...options.headers } });

interface Invited {
  setup_url: string;
  sign_in_url: string;
  status: string;
}
interface Session {
  scopes: string[];
  seat: { seat_id: string; email: string } | null;
}

async function addSeat(email = `${randomUUID()}@example.com`) {
  const { body } = await asKey<{ seat_id: string }>('/v1/seats', { body: { email, first_name: 'Dana' } });
  return { id: body.seat_id, email };
}

async function invite(id: string, scopes = ['vault:read', 'admin'], headers = {}) {
  const { status, body } = await asKey<Invited>(`/v1/seats/${id}/sign-in`, { body: { scopes }, headers });
  expect(status).toBe(201);
  return { ...body, token: new URL(body.setup_url).hash.slice(1) };
}

const cookieOf = (headers: Headers) => (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
/** This step's code, or that of a later one: a clock may be ahead by one. */
const codeOf = (secret: string, later = 0) => totpAt({ secret }, Date.now() + later * 30_000);

/** A seat that has set its sign-in up, and its session. */
async function setUp(scopes?: string[]) {
  const seat = await addSeat();
  const { token } = await invite(seat.id, scopes);
  const begun = await asBrowser<{ secret: string; otpauth_uri: string; qr_code: string[] }>('/console/seat-setup', {
    body: { token, password },
  });
  expect(begun.status).toBe(200);
  const { secret } = begun.body;
  const confirmed = await asBrowser<Session>('/console/seat-setup/confirm', { body: { token, code: codeOf(secret) } });
  expect(confirmed.status).toBe(201);
  return { ...seat, secret, token, begun: begun.body, session: confirmed.body, cookie: cookieOf(confirmed.headers) };
}

// Wrong tries count for this address in the whole run, and the twentieth makes it wait: this file makes eleven.
const signIn = (email: string, code: string, given = password, workspace_id = workspace.workspaceId) =>
  asBrowser<Session & { detail: string }>('/console/session/seat', {
    body: { workspace_id, email, password: given, code },
  });

describe('a seat', () => {
  it('sets itself up with its link, signs in with password and code, and may do what it was given', async () => {
    const { id, email, secret, begun, session, cookie } = await setUp(['vault:read', 'admin']);
    expect(begun.otpauth_uri).toContain(`secret=${secret}`);
    expect(begun.qr_code.length).toBeGreaterThan(20);
    expect(session).toMatchObject({ scopes: ['vault:read', 'admin'], seat: { seat_id: id, email } });
    expect((await asBrowser('/v1/otp-secrets', { headers: { cookie } })).status).toBe(200);
    expect((await asBrowser('/v1/challenges', { headers: { cookie } })).status).toBe(403);
    expect((await call(system, '/v1/otp-secrets', { headers: { cookie } })).status).toBe(401);

    const next = await signIn(email.toUpperCase(), codeOf(secret, 1));
    expect(next.status).toBe(201);
    expect(next.headers.get('set-cookie')).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const as = { headers: { cookie: cookieOf(next.headers) } };
    expect((await asBrowser<Session>('/console/session', as)).body.seat).toMatchObject({ first_name: 'Dana' });
    const settings = { method: 'PATCH', body: { settings: { message_retention_hours: 12 } } };
    await asBrowser('/v1/settings', { ...as, ...settings });
    const { body: audit } = await asKey<{ items: { actor: unknown; action: string }[] }>('/v1/audit?limit=20');
    expect(audit.items.filter(({ action }) => action === 'workspace.updated')).toMatchObject([
      { actor: { kind: 'seat', id } },
    ]);
    expect((await asBrowser('/console/session', { ...as, method: 'DELETE' })).status).toBe(200);
    expect((await asBrowser('/console/session', as)).status).toBe(401);
  });

  it('is refused alike with a used code, a wrong password, and when it does not exist', async () => {
    const { email, secret } = await setUp();
    const code = codeOf(secret, 1);
    expect((await signIn(email, code)).status).toBe(201);
    const answers = [
      await signIn(email, code),
      await signIn(email, code, 'another password 1'),
      await signIn('nobody@example.com', code, password, workspace.workspaceId.toUpperCase()),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(new Set(answers.map(({ body }) => body.detail)).size).toBe(1);
  });

  it('has to wait after five wrong tries', async () => {
    const { email, secret } = await setUp();
    for (let tried = 0; tried < 5; tried += 1) expect((await signIn(email, 'abcdef', 'guessed it')).status).toBe(401);
    const held = await signIn(email, codeOf(secret, 1));
    expect(held.status).toBe(429);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(5);
  });

  it('uses a link once, with a password that is long enough, and only from the console', async () => {
    const { token, secret } = await setUp();
    const begin = (given: string, headers = marked as Record<string, string>) =>
      call(system, '/console/seat-setup', { body: { token, password: given }, headers });
    expect((await begin(password)).status).toBe(404);
    expect((await begin('short')).status).toBe(422);
    expect((await begin(password, {})).status).toBe(403);
    const confirm = { body: { token, code: codeOf(secret, 1) } };
    expect((await asBrowser('/console/seat-setup/confirm', confirm)).status).toBe(404);
    expect((await asBrowser('/console/seat-setup', { body: { token: 'nonsense', password } })).status).toBe(404);
  });

  it('makes nothing that outlives its session, whatever it may do else', async () => {
    const { id, cookie } = await setUp(['admin', 'vault:read']);
    const post = async (path: string, body: unknown) => (await asBrowser(path, { body, headers: { cookie } })).status;
    expect(await post('/v1/api-keys', { scopes: ['admin'] })).toBe(403);
    expect(await post('/v3/auth/tokens', {})).toBe(403);
    expect(await post(`/v1/seats/${id}/sign-in`, { scopes: ['admin'] })).toBe(403);
    const { body } = await asKey<{ items: { name: string | null }[] }>('/v1/api-keys');
    expect(body.items.filter(({ name }) => name?.includes('session'))).toEqual([]);
  });

  it('is invited by a key with no more scopes than it gives, and by a repeat of the request no second time', async () => {
    const { id } = await addSeat();
    const { body: narrow } = await asKey<{ key: string }>('/v1/api-keys', { body: { scopes: ['admin'] } });
    const more = { key: narrow.key, body: { scopes: ['codes:read'] } };
    expect((await asKey(`/v1/seats/${id}/sign-in`, more)).status).toBe(403);
    const headers = { 'idempotency-key': randomUUID() };
    const first = await invite(id, ['vault:read'], headers);
    expect((await invite(id, ['vault:read'], headers)).setup_url).toBe(first.setup_url);
    expect(first).toMatchObject({
      status: 'invited',
      sign_in_url: expect.stringContaining(workspace.workspaceId) as unknown,
    });
  });

  it('is signed out everywhere, at once, when it is removed or may sign in no more', async () => {
    const one = await setUp();
    const two = await setUp();
    const open = async ({ cookie }: { cookie: string }) =>
      (await asBrowser('/console/session', { headers: { cookie } })).status;
    expect([await open(one), await open(two)]).toEqual([200, 200]);
    await asKey(`/v1/seats/${one.id}/sign-in`, { method: 'DELETE' });
    expect((await asKey(`/v1/seats/${two.id}`, { method: 'DELETE' })).status).toBe(200);
    expect([await open(one), await open(two)]).toEqual([401, 401]);
    expect((await signIn(one.email, codeOf(one.secret, 1))).status).toBe(401);
    const { body } = await asKey<{ items: { seat_id: string }[] }>('/v1/seat-sign-ins?limit=200');
    const left = body.items.map(({ seat_id }) => seat_id);
    expect(left).not.toContain(one.id);
    expect(left).not.toContain(two.id);
  });

  it('looks to the clients of Sendblue as it always did', async () => {
    const { id } = await setUp();
    const { body } = await asKey<{ seat: object }>(`/api/v2/seats/${id}`);
    const fields = ['account', 'created_at', 'email', 'first_name', 'forwarding_number', 'last_name', 'seat_id'];
    expect(Object.keys(body.seat).sort()).toEqual(expect.arrayContaining(fields));
    expect(JSON.stringify(body)).not.toMatch(/sign_in|scopes/);
  });
});
