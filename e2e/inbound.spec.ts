import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { awaitCode, makeEntry, readCode, sendMail } from './inbound-senders.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system);
});

const key = () => workspace.apiKey;

const mailed = (domain: string) => makeEntry(system, workspace, domain);
const read = (domain: string, as = key()) => readCode(system, as, domain);

async function send(to: string, text: string): Promise<void> {
  rememberSecret('text of a mail', text);
  await sendMail(system, { to, text });
}

describe('a mail with a code', () => {
  it('is readable at /vault/tfa-code, repeated to the same key, and gone for every other', async () => {
    const entry = await mailed('bank.example');
    expect(await read('bank.example')).toMatchObject({ status: 404, body: { code: 'no_fresh_code' } });
    await send(entry.tfa_email, 'Your verification code is 48392016. It expires in 10 minutes.');
    const first = await awaitCode(system, key(), 'bank.example');
    expect(first.body).toEqual({ type: 'email', code: '48392016', received_at: expect.any(String) });
    expect((await read('bank.example')).body).toEqual(first.body);
    const other = await call<{ key: string }>(system, '/v1/api-keys', { key: key(), body: { scopes: ['codes:read'] } });
    expect(await read('bank.example', other.body.key)).toMatchObject({ status: 404 });
    const messages = await call<{ items: Record<string, unknown>[] }>(system, '/v1/messages', { key: key() });
    expect(messages.body.items).toEqual([
      expect.objectContaining({ channel: 'email', state: 'deposited', credential_id: entry.id }),
    ]);
    expect(JSON.stringify(messages.body)).not.toContain('48392016');
  });

  it('answers the challenge that waits for it', async () => {
    const entry = await mailed('shop.example');
    const opened = await call<{ id: string }>(system, '/v1/challenges', {
      key: key(),
      body: { permissioned_user_id: 'agent', domain: 'shop.example', factors: ['email'] },
    });
    const waiting = call(system, `/v1/challenges/${opened.body.id}?wait=30`, { key: key() });
    await send(entry.tfa_email, '73920485 is your verification code.');
    expect((await waiting).body).toMatchObject({ status: 'resolved', factor: 'email', code: '73920485' });
    expect(await call(system, `/v1/challenges/${opened.body.id}/ack`, { method: 'POST', key: key() })).toMatchObject({
      status: 200,
    });
    expect((await call(system, `/v1/challenges/${opened.body.id}`, { key: key() })).body).not.toHaveProperty('code');
    expect(await read('shop.example')).toMatchObject({ status: 404 });
  });

  it("is refused at once for an address that is nobody's", async () => {
    const entry = await mailed('nobody.example');
    const [, host = ''] = entry.tfa_email.split('@');
    await expect(send(`unknown-inbox@${host}`, 'Your verification code is 48392017.')).rejects.toMatchObject({
      responseCode: 550,
    });
  });

  it('goes to the old address as well as the new one after a rotation', async () => {
    const entry = await mailed('rotated.example');
    const inboxes = await call<{ items: { id: string }[] }>(system, `/v1/inboxes?credential_id=${entry.id}`, {
      key: key(),
    });
    const rotated = await call<{ address: string }>(system, `/v1/inboxes/${inboxes.body.items[0]?.id ?? ''}/rotate`, {
      method: 'POST',
      key: key(),
    });
    expect(rotated.body.address).not.toBe(entry.tfa_email);
    await send(entry.tfa_email, 'Your verification code is 61029384.');
    const { body } = await awaitCode(system, key(), 'rotated.example');
    expect(body).toMatchObject({ code: '61029384' });
  });

  (hasSwaks() ? it : it.skip)('may come from swaks, with STARTTLS', async () => {
    const entry = await mailed('swaks.example');
    const body = 'Your verification code is 27180459.';
    rememberSecret('text of a mail', body);
    const { hostname, port } = new URL(system.smtpUrl);
    const address = ['--server', hostname, '--port', port, '--to', entry.tfa_email, '--from', 'security@example.com'];
    const { stdout } = await promisify(execFile)('swaks', [...address, '--tls', '--body', body]);
    expect(stdout).toContain('TLS started');
    expect((await awaitCode(system, key(), 'swaks.example')).body).toMatchObject({ code: '27180459' });
  });
});

function hasSwaks(): boolean {
  try {
    execFileSync('swaks', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
