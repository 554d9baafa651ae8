import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeededWorkspace } from '@otpost/database/testing';
import { Webhook } from 'standardwebhooks';
import { givenInbox } from '../testing/targets.js';
import { TestIngestor } from '../testing/test-ingestor.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const olderSecret = `whsec_${randomBytes(32).toString('base64')}`;

describe('the raw MIME hook', () => {
  let ingestor: TestIngestor;
  let workspace: SeededWorkspace;
  let inbox: Awaited<ReturnType<typeof givenInbox>>;

  beforeAll(async () => {
    ingestor = await TestIngestor.start({ environment: { OTPOST_MIME_SECRET: `${secret},${olderSecret}` } });
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  beforeEach(async () => {
    workspace = await ingestor.workspace();
    inbox = await givenInbox(ingestor.owner, workspace, { domain: 'github.com' });
  });

  const messages = () => ingestor.messages(workspace.workspaceId);
  const mailTo = (to: string, body = 'Your GitHub code is 482913', extra = '') =>
    `${extra}From: GitHub <noreply@github.com>\r\nTo: ${to}\r\nMessage-ID: <${inbox.localPart}>\r\nSubject: Your code\r\n\r\n${body}\r\n`;

  interface Options {
    signWith?: string;
    at?: Date;
    headers?: Record<string, string>;
  }

  /** Signed by the reference implementation of Standard Webhooks. */
  const post = (mail: string, { signWith = secret, at = new Date(), headers = {} }: Options = {}) =>
    fetch(`${ingestor.url}/inbound/email/mime`, {
      method: 'POST',
      headers: {
        'content-type': 'message/rfc822',
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': new Webhook(signWith).sign('msg_1', at, mail),
        ...headers,
      },
      body: mail,
    });

  it('stores a signed mail for the inbox that it is addressed to', async () => {
    const response = await post(mailTo(inbox.address));
    expect([response.status, await response.json()]).toEqual([200, { status: 'stored', messages: 1, repeats: 0 }]);
    const [stored] = await messages();
    expect(stored?.row).toMatchObject({ source: 'mime', inboxId: inbox.inboxId, state: 'received' });
    expect(stored?.extraction.code).toBe('482913');
  });

  it('takes the recipient from Delivered-To where the mail names another', async () => {
    const mail = mailTo('team@company.example', 'code 482913', `Delivered-To: ${inbox.address}\r\n`);
    expect((await post(mail)).status).toBe(200);
    expect((await messages())[0]?.row.recipient).toBe(inbox.address);
  });

  it('lets nothing outside the signature choose the recipient', async () => {
    const mail = mailTo('nobody@elsewhere.example');
    const response = await post(mail, {
      headers: { 'x-otpost-recipient': inbox.address, 'delivered-to': inbox.address },
    });
    expect(response.status).toBe(404);
  });

  it('verifies with an older secret while it is rotated', async () => {
    expect((await post(mailTo(inbox.address), { signWith: olderSecret })).status).toBe(200);
  });

  it('is signed over bytes, whatever charset they are in', async () => {
    const bytes = Buffer.from(
      mailTo(inbox.address, 'Bestätigungscode: 482913', 'Content-Type: text/plain; charset=iso-8859-1\r\n'),
      'latin1',
    );
    const { createHmac } = await import('node:crypto');
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(bytes).digest('base64');
    const response = await fetch(`${ingestor.url}/inbound/email/mime`, {
      method: 'POST',
      headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` },
      body: bytes,
    });
    expect(response.status).toBe(200);
    expect((await messages())[0]?.content.text).toBe('Bestätigungscode: 482913\n');
  });

  it('refuses a wrong, missing, old or early signature', async () => {
    const mail = mailTo(inbox.address);
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    const hourMs = 3_600_000;
    const statuses = [
      (await post(mail, { signWith: other })).status,
      (await post(mail, { at: new Date(Date.now() - hourMs) })).status,
      (await post(mail, { at: new Date(Date.now() + hourMs) })).status,
      (await post(mail, { headers: { 'webhook-id': 'msg_2' } })).status,
      (await fetch(`${ingestor.url}/inbound/email/mime`, { method: 'POST', body: mail })).status,
    ];
    expect(statuses).toEqual([403, 403, 403, 403, 403]);
    expect(await messages()).toHaveLength(0);
  });

  it('changes nothing when a request is replayed', async () => {
    const at = new Date();
    const mail = mailTo(inbox.address);
    await post(mail, { at });
    expect(await (await post(mail, { at })).json()).toEqual({ status: 'stored', messages: 1, repeats: 1 });
    expect(await messages()).toHaveLength(1);
  });

  it('takes a mail of the same id and another text for another mail', async () => {
    await post(mailTo(inbox.address, 'code 111111'));
    await post(mailTo(inbox.address, 'code 222222'));
    expect((await messages()).map(({ extraction }) => extraction.code)).toEqual(['111111', '222222']);
  });

  it('has an answer for a mail without a body, too large, and of 100,000 parts', async () => {
    expect((await post(`To: ${inbox.address}\r\n\r\n`)).status).toBe(200);
    expect((await post('')).status).toBe(404);
    expect((await post(mailTo(inbox.address, 'x'.repeat(31_000_000)))).status).toBe(413);
    const parts = '--b\r\n\r\nx\r\n'.repeat(100_000);
    expect((await post(mailTo(inbox.address, parts, 'Content-Type: multipart/mixed; boundary=b\r\n'))).status).toBe(
      422,
    );
    expect(await messages()).toHaveLength(1);
  });

  describe('of mail that a mailbox sends on', () => {
    it('finds the original sender of a redirect', async () => {
      const extra = `X-Forwarded-To: ${inbox.address}\r\nX-Forwarded-For: me@gmail.com ${inbox.address}\r\nDelivered-To: me@gmail.com\r\n`;
      expect((await post(mailTo('me@gmail.com', 'code 482913', extra))).status).toBe(200);
      expect((await messages())[0]?.row).toMatchObject({
        sender: 'noreply@github.com',
        originalSender: 'noreply@github.com',
        recipient: inbox.address,
      });
    });

    it('shows a confirmation to the workspace instead of taking its code for a second factor', async () => {
      const link = 'https://mail-settings.google.com/mail/vf-%5BANGjdJ8%5D-abcdef';
      const mail = `From: Gmail Team <forwarding-noreply@google.com>\r\nTo: ${inbox.address}\r\nSubject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from me@gmail.com\r\nMessage-ID: <1@google>\r\n\r\nme@gmail.com has requested to automatically forward mail to your email address.\r\nConfirmation code: 123456789\r\n\r\n${link}\r\n`;
      expect((await post(mail)).status).toBe(200);
      const [stored] = await messages();
      expect(stored?.row).toMatchObject({ state: 'confirmation', stateReason: 'gmail' });
      expect(stored?.extraction.confirmation).toEqual({ provider: 'gmail', code: '123456789', link });
    });
  });
});
