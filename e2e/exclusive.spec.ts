import { beforeAll, describe, expect, it } from '@jest/globals';
import { call } from './api.js';
import { totpAt } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const agents = 100;
let workspace: Workspace;

interface Challenge {
  id: string;
  status: string;
  code?: string;
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
});

/** As an agent does: what was not answered in its 60 s is asked again. */
async function codeOf({ id, status, code }: Challenge): Promise<Challenge> {
  if (status !== 'pending') return code === undefined ? { id, status } : { id, status, code };
  const { body } = await call<Challenge>(system, `/v1/challenges/${id}?wait=60`, { key: workspace.apiKey });
  return codeOf(body);
}

// A file of its own: it takes as long as the periods do, and needs nothing meanwhile.
describe('100 agents on one authenticator', () => {
  it('get a time step each, and wait for as long as its period makes it', async () => {
    const key = workspace.apiKey;
    const stored = { type: 'totp', label: 'shared by agents', secret, period: 1, digits: 8 };
    const { body: otp } = await call<{ id: string }>(system, '/v1/otp-secrets', { key, body: stored });
    const from = Date.now();
    const asked = { otp_secret_id: otp.id, exclusive: true };
    const opened = await Promise.all(
      Array.from({ length: agents }, () => call<Challenge>(system, '/v1/challenges', { key, body: asked })),
    );
    const ended = await Promise.all(opened.map(({ body }) => codeOf(body)));
    const until = Date.now();
    expect(ended.filter(({ status }) => status !== 'resolved')).toEqual([]);
    // Which step each code is of: found among all that there were.
    const steps = new Map<string, number>();
    for (let at = from - 1_000; at <= until + 1_000; at += 1_000) {
      steps.set(totpAt({ secret, period: 1, digits: 8 }, at), Math.floor(at / 1_000));
    }
    const given = ended.map(({ code = '' }) => steps.get(code)).sort((a = 0, b = 0) => a - b);
    expect(new Set(given).size).toBe(agents);
    expect(given).not.toContain(undefined);
    // The hundredth window opens in the ninety-ninth second after the first one's.
    expect(until - from).toBeGreaterThan((agents - 2) * 1_000);
  }, 240_000);
});
