import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkspace, startSystem, type OwnSystem } from './system.js';

let system: OwnSystem;
let readCode: () => Promise<number>;

beforeAll(async () => {
  system = await startSystem();
  const { apiKey } = await createWorkspace(system);
  const authorization = `Bearer ${apiKey}`;
  const created = await fetch(`${system.gatewayUrl}/api/v2/totp/secrets`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ label: 'recovery' }),
  });
  const { totp_secret: secret } = (await created.json()) as { totp_secret: { id: string } };
  readCode = async () => {
    const response = await fetch(`${system.gatewayUrl}/api/v2/totp/code/${secret.id}`, { headers: { authorization } });
    await response.arrayBuffer();
    return response.status;
  };
}, 60_000);

afterAll(() => system?.end(), 60_000);

describe('a system comes back by itself', () => {
  it.each(['vault', 'gateway', 'redis', 'postgres'])('after %s was killed', async (process) => {
    const { pid } = await system.process(process);
    await system.kill(process);
    await until(async () => {
      const now = (await system.process(process)).pid;
      return now !== undefined && now !== pid;
    });
    await codesAgain();
  });

  it.each(['redis', 'postgres', 'vault'])('after %s was stopped and started', async (process) => {
    await system.restart(process);
    await codesAgain();
  });

  it('and ends in order when it is told to', async () => {
    await system.end();
    expect(await readCode().catch((error: Error) => error.message)).toBe('fetch failed');
  });
});

async function codesAgain() {
  await until(async () => (await readCode().catch(() => 0)) === 200);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited 30 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
