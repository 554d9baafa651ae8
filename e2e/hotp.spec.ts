import { beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { hotpAt } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem(); // with two vaults
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
let workspace: Workspace;

interface Taken {
  type: string;
  code: string;
  counter: number;
}

async function storeHotp(counter = 0): Promise<string> {
  const { body } = await call<{ id: string }>(system, '/v1/otp-secrets', {
    key: workspace.apiKey,
    body: { type: 'hotp', label: 'counter', secret, counter, digits: 8 },
  });
  return body.id;
}

const take = (id: string, headers: Record<string, string> = {}) =>
  call<Taken>(system, `/v1/otp-secrets/${id}/code`, { method: 'POST', key: workspace.apiKey, headers });

beforeAll(async () => {
  workspace = await createWorkspace(system);
  rememberSecret('hotp secret', secret);
});

describe('HOTP over two vaults', () => {
  it('gives 500 concurrent requests 500 different consecutive counters, each with its own code', async () => {
    const id = await storeHotp();
    const answers = await Promise.all(Array.from({ length: 500 }, () => take(id)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const counters = answers.map(({ body }) => body.counter).sort((a, b) => a - b);
    expect(counters).toEqual(Array.from({ length: 500 }, (_, counter) => counter));
    for (const { body } of answers) expect(body.code).toBe(hotpAt({ secret, digits: 8 }, body.counter));
  });

  it('takes one step for one Idempotency-Key, however often and however concurrently it is sent', async () => {
    const id = await storeHotp(7);
    const first = await take(id, { 'idempotency-key': 'one-step' });
    const repeats = await Promise.all(Array.from({ length: 5 }, () => take(id, { 'idempotency-key': 'one-step' })));
    expect(first.body).toEqual({ type: 'hotp', code: hotpAt({ secret, digits: 8 }, 7), counter: 7 });
    for (const repeat of repeats) {
      if (repeat.status === 409) expect(repeat.body).toMatchObject({ code: 'idempotency_in_flight' });
      else expect(repeat.body).toEqual(first.body);
    }
    expect((await take(id)).body.counter).toBe(8);
  });

  it('finds the counter again from two consecutive codes, and changes nothing for two that are not', async () => {
    const id = await storeHotp(0);
    const resync = (codes: string[]) =>
      call(system, `/v1/otp-secrets/${id}/resync`, { key: workspace.apiKey, body: { codes } });
    const at = (counter: number) => hotpAt({ secret, digits: 8 }, counter);
    expect(await resync([at(20), at(22)])).toMatchObject({ status: 422, body: { errors: [{ path: 'codes' }] } });
    expect(await resync([at(20), at(21)])).toMatchObject({ status: 200, body: { counter: 22 } });
    expect((await take(id)).body.counter).toBe(22);
  });

  it('is no TOTP secret to the routes of Sendblue', async () => {
    const id = await storeHotp();
    expect(await call(system, `/api/v2/totp/code/${id}`, { key: workspace.apiKey })).toMatchObject({ status: 409 });
    const listed = await call<{ totp_secrets: unknown[] }>(system, '/api/v2/totp/secrets', { key: workspace.apiKey });
    expect(listed.body.totp_secrets).toEqual([]);
  });
});
