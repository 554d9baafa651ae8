import { beforeAll, describe, expect, it } from '@jest/globals';
import { createTransport } from 'nodemailer';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
let workspace: Workspace;

interface Entry {
  id: string;
  tfa_email: string;
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
});

const key = () => workspace.apiKey;

async function mailed(domain: string, tfa_method = 'EMAIL'): Promise<Entry> {
  const { body } = await call<Entry>(system, '/vault', {
    key: key(),
    body: { permissioned_user_id: 'agent', domain, tfa_method },
  });
  return body;
}

async function send(to: string, text: string): Promise<void> {
  rememberSecret('text of a mail', text);
  const transport = createTransport({ url: system.smtpUrl, tls: { rejectUnauthorized: false } });
  await transport.sendMail({ from: 'security@example.com', to, subject: 'Your verification code', text });
  transport.close();
}

const read = (domain: string, as = key()) =>
  call(system, `/vault/tfa-code?${new URLSearchParams({ permissioned_user_id: 'agent', domain }).toString()}`, {
    key: as,
  });

describe('a mail with a code', () => {
  it('is readable at /vault/tfa-code, repeated to the same key, and gone for every other', async () => {
    const entry = await mailed('bank.example');
    expect(await read('bank.example')).toMatchObject({ status: 404, body: { code: 'no_fresh_code' } });
    await send(entry.tfa_email, 'Your verification code is 48392016. It expires in 10 minutes.');
    const first = await until(async () => {
      const answer = await read('bank.example');
      return answer.status === 200 ? answer : undefined;
    });
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
    const { body } = await until(async () => {
      const answer = await read('rotated.example');
      return answer.status === 200 ? answer : undefined;
    });
    expect(body).toMatchObject({ code: '61029384' });
  });
});

/** Asks again until there is an answer, for at most fifteen seconds. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error('it did not come about within fifteen seconds');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
