import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { openVault, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { insertOtpSecret } from './otp-secret-rows.js';
import { TakeForChallenge } from './take-for-challenge.js';

const seed = Buffer.from('12345678901234567890');
let vault: OpenVault;
let workspace: WorkspaceClient;
/** Two of them, as two replicas would be. */
let vaults: [TakeForChallenge, TakeForChallenge];

beforeAll(async () => {
  vault = await openVault();
  workspace = await vault.makeWorkspace();
  vaults = [new TakeForChallenge(vault.database, vault.dataKeys), new TakeForChallenge(vault.database, vault.dataKeys)];
});
afterAll(() => vault.close());

const insert = (account: { type: 'totp'; periodSeconds: number } | { type: 'hotp'; counter: number }) =>
  vault.database.withWorkspace(workspace.id, (tx) =>
    insertOtpSecret(tx, vault.dataKeys, workspace.id, {
      ...account,
      label: 'spec',
      issuer: null,
      algorithm: 'SHA1',
      digits: 6,
      secret: Uint8Array.from(seed),
    }),
  );

function wish(otpSecretId: string, more: { challenge_id?: string; exclusive?: boolean; expiresInMs?: number } = {}) {
  const { challenge_id = uuidv7(), exclusive = false, expiresInMs = 300_000 } = more;
  return {
    actor: { kind: 'api_key' as const, id: 'key1' },
    ip: null,
    request_id: 'spec',
    workspace_id: workspace.id,
    challenge_id,
    otp_secret_id: otpSecretId,
    exclusive,
    min_validity_seconds: 0,
    expires_at: new Date(Date.now() + expiresInMs).toISOString(),
  };
}

const counterOf = async (id: string) =>
  (await vault.owner.prisma.otpSecret.findUniqueOrThrow({ where: { id } })).counter;

describe('the code of a challenge', () => {
  it('takes one HOTP step however often and however concurrently one challenge asks', async () => {
    const id = await insert({ type: 'hotp', counter: 5 });
    const request = wish(id);
    const taken = await Promise.all(
      Array.from({ length: 12 }, (_, index) => vaults[index % 2 === 0 ? 0 : 1].take(request)),
    );
    expect(new Set(taken.map((one) => one.type === 'taken' && one.received_code_id)).size).toBe(1);
    expect(await counterOf(id)).toBe(6n);
  });

  it('takes one step for each of 20 concurrent challenges', async () => {
    const id = await insert({ type: 'hotp', counter: 0 });
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) => vaults[index % 2 === 0 ? 0 : 1].take(wish(id))),
    );
    expect(new Set(taken.map((one) => one.type === 'taken' && one.received_code_id)).size).toBe(20);
    expect(await counterOf(id)).toBe(20n);
  });

  it('tells until when a TOTP code is right, also when asked again', async () => {
    const id = await insert({ type: 'totp', periodSeconds: 30 });
    const request = wish(id);
    const first = await vaults[0].take(request);
    expect(first).toMatchObject({ type: 'taken', valid_until: expect.any(String) });
    expect(await vaults[1].take(request)).toEqual(first);
  });
});

describe('exclusive challenges', () => {
  it('get a time step each over two vaults and two rows with one seed, in windows that follow each other', async () => {
    const ids = [await insert({ type: 'totp', periodSeconds: 1 }), await insert({ type: 'totp', periodSeconds: 1 })];
    const requests = Array.from({ length: 6 }, (_, index) => wish(ids[index % 2] ?? '', { exclusive: true }));
    const startedAt = Date.now();
    const taken = await Promise.all(
      requests.map((request, index) => takeInTime(vaults[index % 2 === 0 ? 0 : 1], request)),
    );
    const windows = taken.map(({ validUntil }) => validUntil).sort((a, b) => a - b);
    expect(new Set(windows).size).toBe(6);
    for (const { validUntil, at } of taken) expect(at).toBeLessThan(validUntil + 1_000);
    // One after the other, one second each, but for windows that were slept through on a busy machine.
    expect(Date.now() - startedAt).toBeGreaterThan(4_000);
  });

  it('a hundred at once over two vaults: a step each, and the last waits 99 periods, no less and no more', async () => {
    const id = await insert({ type: 'totp', periodSeconds: 1 });
    const startMs = (Math.floor(Date.now() / 1_000) + 60) * 1_000;
    let nowMs = startMs;
    for (const one of vaults) one.now = () => nowMs;
    try {
      const agents = Array.from({ length: 100 }, (_, index) => ({
        taker: vaults[index % 2 === 0 ? 0 : 1],
        other: vaults[index % 2 === 0 ? 1 : 0],
        request: wish(id, { exclusive: true }),
      }));
      const asked = await Promise.all(
        agents.map(async (agent) => ({ ...agent, taken: await agent.taker.take(agent.request) })),
      );
      expect(asked.filter(({ taken }) => taken.type === 'taken')).toHaveLength(1);
      const waiting = asked.flatMap(({ taken, ...agent }) =>
        taken.type === 'wait' ? [{ ...agent, opensAtMs: taken.opens_at_ms }] : [],
      );
      waiting.sort((one, another) => one.opensAtMs - another.opensAtMs);
      expect(waiting.map(({ opensAtMs }) => (opensAtMs - startMs) / 1_000)).toEqual(
        Array.from({ length: 99 }, (_, index) => index + 1),
      );
      // Each is woken in its own window, by whichever vault.
      for (const { other, request, opensAtMs } of waiting) {
        nowMs = opensAtMs;
        const taken = await other.take(request);
        expect(taken).toMatchObject({ type: 'taken', valid_until: new Date(opensAtMs + 1_000).toISOString() });
      }
    } finally {
      for (const one of vaults) one.now = Date.now;
    }
  });

  it('take no step that opens after their end', async () => {
    const id = await insert({ type: 'totp', periodSeconds: 300 });
    await vaults[0].take(wish(id, { exclusive: true }));
    const before = await vault.owner.prisma.timeStepLease.count();
    const late = await vaults[0].take(wish(id, { exclusive: true, expiresInMs: 10 }));
    expect(late.type).toBe('wait');
    expect(await vault.owner.prisma.timeStepLease.count()).toBe(before);
  });
});

/** As the dispatcher does: asks again when the window opens. */
async function takeInTime(taker: TakeForChallenge, request: ReturnType<typeof wish>) {
  for (;;) {
    const taken = await taker.take(request);
    if (taken.type === 'taken') return { validUntil: Date.parse(taken.valid_until ?? ''), at: Date.now() };
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, taken.opens_at_ms - Date.now())));
  }
}
