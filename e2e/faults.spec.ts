import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { call, type Answer } from './api.js';
import { hotpAt } from './independent-totp.mjs';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
jest.setTimeout(120_000);
let system: OwnSystem;
let workspace: Workspace;
let totpPath: string;

beforeAll(async () => {
  system = await startSystem({ environment: { OTPOST_VAULT_REPLICAS: '2' } });
  workspace = await createWorkspace(system);
  const { body } = await call<{ id: string }>(system, '/v1/otp-secrets', {
    key: workspace.apiKey,
    body: { type: 'totp', label: 'faults', secret },
  });
  totpPath = `/api/v2/totp/code/${body.id}`;
}, 120_000);

afterAll(() => system.end());

const readCode = () => call(system, totpPath, { key: workspace.apiKey });
const statusesOf = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))];

/** `count` requests with `concurrent` under way at a time; `halfway` is called once half of them were answered. */
async function many(count: number, concurrent: number, ask: () => Promise<Answer>, halfway: () => Promise<void>) {
  const answers: Answer[] = [];
  let asked = 0;
  let disturbed: Promise<void> | undefined;
  const one = async () => {
    while (asked < count) {
      asked += 1;
      answers.push(await ask());
      if (answers.length >= count / 2) disturbed ??= halfway();
    }
  };
  await Promise.all(Array.from({ length: concurrent }, one));
  await disturbed;
  return answers;
}

// One story, in order: each test leaves the system whole.
describe('a system that is disturbed', () => {
  it('answers all of 200 requests in flight when the gateway is told to stop', async () => {
    const ask = () => Array.from({ length: 200 }, readCode);
    await Promise.all(ask()); // 200 connections, so that none is still waiting to be accepted
    const inFlight = ask();
    await Promise.race(inFlight); // the first is answered, so the others are on their way
    await system.kill('gateway', 'SIGTERM');
    expect(statusesOf(await Promise.all(inFlight))).toEqual([200]);
    await system.start('gateway');
  });

  it('answers all of 1,000 reads while one of two vaults is told to stop', async () => {
    const answers = await many(1_000, 50, readCode, () => system.kill('vault', 'SIGTERM'));
    expect(statusesOf(answers)).toEqual([200]);
    await system.start('vault');
  });

  it('answers all of 1,000 reads while one of two vaults is killed', async () => {
    const answers = await many(1_000, 50, readCode, () => system.kill('vault', 'SIGKILL'));
    expect(statusesOf(answers)).toEqual([200]);
    await system.start('vault');
  });

  it('gives no HOTP counter twice while a vault is killed, and says so where it cannot know the outcome', async () => {
    const { body } = await call<{ id: string }>(system, '/v1/otp-secrets', {
      key: workspace.apiKey,
      body: { type: 'hotp', label: 'faults', secret, digits: 8 },
    });
    const take = () => call(system, `/v1/otp-secrets/${body.id}/code`, { method: 'POST', key: workspace.apiKey });
    const answers = await many(400, 40, take, () => system.kill('vault', 'SIGKILL'));
    const taken = answers
      .filter(({ status }) => status === 200)
      .map(({ body }) => body as { code: string; counter: number });
    expect(new Set(taken.map(({ counter }) => counter)).size).toBe(taken.length);
    for (const { code, counter } of taken) expect(code).toBe(hotpAt({ secret, digits: 8 }, counter));
    for (const { status, body } of answers) {
      if (status !== 200) expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'outcome_unknown' });
    }
    await system.start('vault');
  });

  it('goes on after Redis was restarted: what was under way is answered, late or with a clear 503', async () => {
    const answers = await many(300, 30, readCode, () => system.restart('redis'));
    for (const { status } of answers) expect([200, 503, 504]).toContain(status);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(150);
    await untilWell();
  });

  it('answers a clear 503 while PostgreSQL is away, and goes on when it is back', async () => {
    await system.stop('postgres');
    expect(await readCode()).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    await system.start('postgres');
    await untilWell();
  });

  it('serves every code while all keys are rotated, without one failed read', async () => {
    let rotated = false;
    const root = (path: string) => call(system, path, { method: 'POST', key: system.rootKey });
    const reading = many(600, 8, readCode, async () => {
      expect(await root('/v1/keys/rotate-dek')).toMatchObject({ status: 200 });
      expect(await root('/v1/keys/rotate-kek')).toMatchObject({ status: 200 });
      rotated = true;
    });
    expect(statusesOf(await reading)).toEqual([200]);
    expect(rotated).toBe(true);
  });

  it('revokes a key in every gateway, also while Redis is away', async () => {
    const { body } = await call<{ id: string; key: string }>(system, '/v1/api-keys', {
      key: workspace.apiKey,
      body: { scopes: ['codes:read'] },
    });
    await call(system, `/v1/api-keys/${body.id}`, { method: 'DELETE', key: workspace.apiKey });
    await system.stop('redis');
    expect((await call(system, totpPath, { key: body.key })).status).toBe(401);
    await system.start('redis');
    await untilWell();
  });
});

/** Reads until a code comes, for at most twenty seconds. */
async function untilWell(): Promise<void> {
  const end = Date.now() + 20_000;
  while ((await readCode()).status !== 200) {
    if (Date.now() > end) throw new Error('no code came for twenty seconds');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
