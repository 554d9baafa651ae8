import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import worker from '../examples/cloudflare-email-worker/worker.js';
import { awaitCode, makeEntry, someCode } from './inbound-senders.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace(system);
});

/** Calls the worker as Cloudflare does; what it rejected the mail with, if it did. */
async function deliver(to: string, raw: string | Uint8Array, env: Record<string, string> = {}) {
  let rejection: string | undefined;
  const message = {
    from: 'security@example.com',
    to,
    raw: new Blob([raw]).stream(),
    setReject: (reason: string) => (rejection = reason),
  };
  const own = { OTPOST_MIME_URL: system.hooks.mime, OTPOST_MIME_SECRET: system.hooks.mimeSecret };
  await worker.email(message, { ...own, ...env });
  return rejection;
}

describe('the Cloudflare Email Worker', () => {
  it('hands over a mail whose headers do not name the inbox, byte for byte', async () => {
    const { tfa_email } = await makeEntry(system, workspace, 'worker.example');
    const code = someCode();
    const mail = Buffer.from(
      'From: security@example.com\r\nTo: catch-all@elsewhere.example\r\nSubject: Votre code\r\n' +
        'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' +
        `Votre code de v\xe9rification est ${code}.\r\n`,
      'latin1',
    );
    await expect(deliver(tfa_email, mail)).resolves.toBeUndefined();
    const { body } = await awaitCode(system, workspace.apiKey, 'worker.example');
    expect(body).toMatchObject({ type: 'email', code });
  });

  it('sends mail for nobody back to its sender', async () => {
    const { tfa_email } = await makeEntry(system, workspace, 'nobody.example');
    const to = tfa_email.replace(/^[^@]+/, 'nobody-at-all');
    await expect(deliver(to, 'Subject: hello\r\n\r\nhello')).resolves.toBe('No such recipient');
  });

  it('has the sender try again while otpost does not take it', async () => {
    const wrong = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    await expect(deliver('a@b.example', 'Subject: hello\r\n\r\n', { OTPOST_MIME_SECRET: wrong })).rejects.toThrow(
      '403',
    );
  });
});

describe('an answer of otpost', () => {
  let server: Server;
  let status = 200;

  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(status).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each([
    [413, 'The message is too large'],
    [422, 'The message cannot be read'],
  ])('%i is for good: the mail goes back', async (answered, reason) => {
    status = answered;
    await expect(deliver('a@b.example', 'x', { OTPOST_MIME_URL: url() })).resolves.toBe(reason);
  });

  it.each([429, 500, 503])('%i is not: the sender tries again', async (answered) => {
    status = answered;
    await expect(deliver('a@b.example', 'x', { OTPOST_MIME_URL: url() })).rejects.toThrow(String(answered));
  });

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
