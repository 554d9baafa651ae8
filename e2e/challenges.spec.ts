import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CloudCruise } from 'cloudcruise';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { eavesdrop, type Eavesdropper } from './eavesdropper.js';
import { until } from './inbound-senders.js';
import { hotpAt, totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
let workspace: Workspace;
let heard: Eavesdropper;

interface Challenge {
  id: string;
  session_id: string;
  status: string;
  factor: string | null;
  code?: string;
  answer?: Record<string, unknown>;
  expires_in_seconds?: number;
  page_url?: string;
  expires_at: string;
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
  rememberSecret('challenge secret', secret);
  heard = await eavesdrop(system, workspace, 'challenges');
});

afterAll(() => heard.close());

const key = () => workspace.apiKey;
const open = (body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  call<Challenge>(system, '/v1/challenges', { key: key(), body, headers });
const get = (id: string, wait = 0) => call<Challenge>(system, `/v1/challenges/${id}?wait=${wait}`, { key: key() });
const answer = (id: string, code: string) =>
  call<Challenge>(system, `/v1/challenges/${id}/code`, { key: key(), body: { code } });

async function store(otpSecret: Record<string, unknown>): Promise<string> {
  const body = { label: 'challenge', secret, ...otpSecret };
  return (await call<{ id: string }>(system, '/v1/otp-secrets', { key: key(), body })).body.id;
}

async function credential(user: string, more: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const pair = { permissioned_user_id: user, domain: 'challenge.example' };
  await call(system, '/vault', { key: key(), body: { ...pair, ...more } });
  return pair;
}

describe('a challenge with an authenticator', () => {
  it('has its code in the very answer to the request', async () => {
    const otp_secret_id = await store({ type: 'totp' });
    const from = Date.now();
    const { status, body, headers } = await open({ otp_secret_id });
    expect({ status, body }).toMatchObject({ status: 201, body: { status: 'resolved', factor: 'authenticator' } });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(totpBetween({ secret }, from, Date.now())).toContain(body.code);
    expect(body.expires_in_seconds).toBeGreaterThan(0);
    expect(body.page_url).toBeUndefined();
  });

  it('by the pair of a vault entry, too', async () => {
    const pair = await credential('totp', { tfa_secret: secret });
    expect((await open(pair)).body).toMatchObject({ status: 'resolved', code: expect.any(String) });
  });

  it('repeats the code until it is acknowledged, and never after', async () => {
    const { body } = await open({ otp_secret_id: await store({ type: 'totp' }) });
    expect((await get(body.id)).body.code).toBe(body.code);
    const acknowledged = await call(system, `/v1/challenges/${body.id}/ack`, { method: 'POST', key: key() });
    expect(acknowledged).toMatchObject({ status: 200, body: { status: 'resolved' } });
    const after = await get(body.id);
    expect(after.body.status).toBe('resolved');
    expect(after.body).not.toHaveProperty('code');
  });

  it('takes one HOTP step for one Idempotency-Key, and repeats its code', async () => {
    const otp_secret_id = await store({ type: 'hotp', counter: 3, digits: 8 });
    const first = await open({ otp_secret_id }, { 'idempotency-key': 'challenge-hotp' });
    const again = await open({ otp_secret_id }, { 'idempotency-key': 'challenge-hotp' });
    expect(first.body).toMatchObject({ status: 'resolved', code: hotpAt({ secret, digits: 8 }, 3) });
    expect(again.body).toEqual(first.body);
    expect((await open({ otp_secret_id })).body.code).toBe(hotpAt({ secret, digits: 8 }, 4));
  });

  it('refuses what cannot be: two targets, none, an unknown one, a validity as long as the period', async () => {
    const otp_secret_id = await store({ type: 'totp' });
    expect((await open({})).status).toBe(422);
    expect((await open({ otp_secret_id, permissioned_user_id: 'x', domain: 'y.example' })).status).toBe(422);
    expect((await open({ otp_secret_id: crypto.randomUUID() })).status).toBe(404);
    expect(await open({ otp_secret_id, min_validity_seconds: 30 })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'min_validity_seconds' }] },
    });
    expect((await open({ otp_secret_id, factors: ['email'] })).status).toBe(409);
    expect((await open({ otp_secret_id, expires_in_seconds: 9 })).status).toBe(422);
  });

  it('needs both scopes, and is nothing to another workspace', async () => {
    const otp_secret_id = await store({ type: 'totp' });
    const made = await call<{ key: string }>(system, '/v1/api-keys', {
      key: key(),
      body: { name: 'half', scopes: ['challenges:write'] },
    });
    const half = await call(system, '/v1/challenges', { key: made.body.key, body: { otp_secret_id } });
    expect(half).toMatchObject({ status: 403 });
    const { body } = await open({ otp_secret_id });
    const other = await createWorkspace(system);
    expect((await call(system, `/v1/challenges/${body.id}`, { key: other.apiKey })).status).toBe(404);
  });
});

describe('a challenge that a human answers', () => {
  it('wakes the poll that waits, at once, and gives the code', async () => {
    const pair = await credential('human', { tfa_method: 'EMAIL' });
    const { body } = await open({ ...pair, session_id: 'run-wakes', message: 'Please' });
    expect(body).toMatchObject({ status: 'pending', page_url: expect.stringContaining('/code/') });
    const waiting = get(body.id, 30).then((answered) => ({ ...answered, at: performance.now() }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await answer(body.id, '918273')).body).toMatchObject({ status: 'resolved', factor: 'user' });
    const answeredAt = performance.now();
    const woken = await waiting;
    expect(woken.body).toMatchObject({ status: 'resolved', factor: 'user', code: '918273' });
    expect(woken.at - answeredAt).toBeLessThan(250);
    expect((await answer(body.id, '918274')).status).toBe(409);
  });

  it('takes an answer once for one Idempotency-Key, and says so again', async () => {
    const { body } = await open(await credential('repeats', {}));
    const send = (code: string) =>
      call(system, `/v1/challenges/${body.id}/code`, {
        key: key(),
        body: { code },
        headers: { 'idempotency-key': 'answer-once' },
      });
    const first = await send('708192');
    expect(first).toMatchObject({ status: 200, body: { status: 'resolved' } });
    expect(await send('708192')).toMatchObject({ status: 200, body: first.body });
    expect((await send('708193')).status).toBe(422);
  });

  it('answers a poll that has waited in vain, with what is', async () => {
    const { body } = await open(await credential('vain', {}));
    const from = Date.now();
    expect((await get(body.id, 1)).body.status).toBe('pending');
    expect(Date.now() - from).toBeGreaterThanOrEqual(950);
  });

  it('keeps a poll open for longer than an idle connection may be', async () => {
    const { body } = await open(await credential('patient', {}));
    const waiting = get(body.id, 30);
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    await answer(body.id, '564738');
    expect((await waiting).body.code).toBe('564738');
  });

  it('stays open for an answer of the wrong form, and names the field', async () => {
    const schema = { properties: { pin: { type: 'string', pattern: '^[0-9]{4}$' } }, required: ['pin'] };
    const { body } = await open({ ...(await credential('form', {})), session_id: 'run-form', schema });
    expect(await answer(body.id, 'abcd')).toMatchObject({ status: 422, body: { errors: [{ path: 'pin' }] } });
    const submit = (properties: unknown) =>
      call(system, '/run/run-form/user_interaction', { key: key(), body: properties });
    expect(await submit({ pen: '1234' })).toMatchObject({ status: 422, body: { errors: [{ path: 'pin' }] } });
    expect(await submit({ pin: '1234' })).toEqual(
      expect.objectContaining({ status: 200, body: { session_id: 'run-form', success: true } }),
    );
    expect((await get(body.id)).body).toMatchObject({ status: 'resolved', answer: { pin: '1234' }, code: '1234' });
    expect((await submit({ pin: '1234' })).status).toBe(409);
    expect((await call(system, '/run/unheard-of/user_interaction', { key: key(), body: { pin: '1' } })).status).toBe(
      404,
    );
  });

  it.each([
    ['a reference', { properties: { a: { $ref: '#' } } }],
    ['what only backtracking can match', { properties: { a: { type: 'string', pattern: '(a)\\1' } } }],
    ['another type than an object', { type: 'string' }],
    ['too much', { properties: { a: { description: 'x'.repeat(9_000) } } }],
  ])('refuses a schema with %s', async (_, schema) => {
    const refused = await open({ ...(await credential('schema', {})), schema });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'schema' }] } });
  });

  it('cannot be answered once it is cancelled', async () => {
    const { body } = await open(await credential('cancelled', {}));
    const waiting = get(body.id, 30);
    const cancelled = await call(system, `/v1/challenges/${body.id}`, { method: 'DELETE', key: key() });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect((await waiting).body.status).toBe('cancelled');
    expect((await answer(body.id, '112233')).status).toBe(409);
    expect((await get(body.id)).body).not.toHaveProperty('code');
  });

  it('expires by itself, waking who waits', async () => {
    const { body } = await open({ ...(await credential('expires', {})), expires_in_seconds: 10 });
    const expired = await get(body.id, 20);
    expect(expired.body.status).toBe('expired');
    expect(Math.abs(Date.now() - Date.parse(body.expires_at))).toBeLessThan(2_500);
    expect((await answer(body.id, '223344')).status).toBe(409);
  });

  it('is listed by status and session, without a code', async () => {
    const { body } = await open({ ...(await credential('listed', {})), session_id: 'run-listed' });
    await answer(body.id, '334455');
    const path = '/v1/challenges?session_id=run-listed&status=resolved';
    const { body: page } = await call<{ items: Challenge[] }>(system, path, { key: key() });
    expect(page.items).toEqual([expect.objectContaining({ id: body.id, status: 'resolved' })]);
    expect(page.items[0]).not.toHaveProperty('code');
  });
});

describe('the cloudcruise client, unmodified', () => {
  it('submits an answer, reads the run and interrupts it', async () => {
    const realFetch = globalThis.fetch;
    globalThis.fetch = (input, init) =>
      realFetch((input as string).replace('https://api.cloudcruise.com', system.gatewayUrl), init);
    try {
      const client = new CloudCruise({ apiKey: key(), encryptionKey: workspace.clientEncryptionKey });
      const pair = await credential('cloudcruise', {});
      const session_id = 'run-cloudcruise';
      const { body } = await open({ ...pair, session_id });
      expect(await client.runs.getResults(session_id)).toMatchObject({ session_id, status: 'interaction.waiting' });
      await client.runs.submitUserInteraction(session_id, { code: '445566' });
      expect((await get(body.id)).body.code).toBe('445566');
      expect(JSON.stringify(await client.runs.getResults(session_id))).not.toContain('445566');
      const second = await open({ ...pair, session_id });
      await client.runs.interrupt(session_id);
      expect((await get(second.body.id)).body.status).toBe('cancelled');
      await expect(client.runs.interrupt('unheard-of')).rejects.toThrow();
    } finally {
      globalThis.fetch = realFetch;
    }
  });
});

describe('webhooks and the event stream', () => {
  // What they said all along is read by the canary test: no code, no secret.
  it('have told of all this, over a stream that stays open for longer than an idle connection may be', async () => {
    const { webhooks, streamed } = heard;
    expect(webhooks).toBeGreaterThan(0);
    expect(streamed).toBeGreaterThan(0);
    expect(heard.streamOpenMs()).toBeGreaterThan(12_000);
    const { body } = await open(await credential('overheard', {}));
    await answer(body.id, '90817263');
    await until(
      'all three events',
      () => (heard.streamed >= streamed + 3 && heard.webhooks >= webhooks + 3) || undefined,
    );
  });
});
