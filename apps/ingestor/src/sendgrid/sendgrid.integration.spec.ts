import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeededWorkspace } from '@otpost/database/testing';
import { until } from '@otpost/messaging/testing';
import { encodeText } from '../testing/charsets.js';
import {
  inboundParseForm,
  postInboundParse,
  sendGridPublicKey,
  type FormField,
} from '../testing/inbound-parse-request.js';
import { givenInbox } from '../testing/targets.js';
import { inboxDomain, TestIngestor } from '../testing/test-ingestor.js';

const pathSecret = 'secret-path-of-the-specs';

describe('SendGrid Inbound Parse', () => {
  let ingestor: TestIngestor;
  let workspace: SeededWorkspace;
  let inbox: Awaited<ReturnType<typeof givenInbox>>;

  beforeAll(async () => {
    ingestor = await TestIngestor.start({
      environment: { OTPOST_SENDGRID_PUBLIC_KEY: sendGridPublicKey, OTPOST_SENDGRID_PATH_SECRET: pathSecret },
    });
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  beforeEach(async () => {
    workspace = await ingestor.workspace();
    inbox = await givenInbox(ingestor.owner, workspace, { domain: 'github.com' });
  });

  const messages = () => ingestor.messages(workspace.workspaceId);

  /** The fields of parsed mode, in the order of SendGrid's documents. */
  const parsedFields = (overrides: Record<string, string | Buffer> = {}): FormField[] => {
    const fields: Record<string, string | Buffer> = {
      headers: `Received: by mx0047p1mdw1.sendgrid.net with SMTP id 6WCVv7KAWn\nDKIM-Signature: v=1; a=rsa-sha256; d=github.com; s=pf; bh=x; b=y\nMessage-ID: <${inbox.localPart}@github.com>\nFrom: GitHub <noreply@github.com>\nTo: ${inbox.address}\nSubject: Your code\nDate: Sat, 21 Nov 2026 04:00:00 +0000\nContent-Type: multipart/alternative; boundary=abc\n`,
      dkim: '{@github.com : pass}',
      to: inbox.address,
      html: '<p>Your GitHub code is <b>482913</b></p>',
      from: 'GitHub <noreply@github.com>',
      text: 'Your GitHub code is 482913',
      sender_ip: '192.30.252.193',
      envelope: JSON.stringify({ to: [inbox.address], from: 'noreply@github.com' }),
      attachments: '0',
      subject: 'Your code',
      charsets: JSON.stringify({ to: 'UTF-8', html: 'UTF-8', subject: 'UTF-8', from: 'UTF-8', text: 'UTF-8' }),
      SPF: 'pass',
      ...overrides,
    };
    return Object.entries(fields).map(([name, value]) => ({ name, value }));
  };

  const rawMail = (body = 'Your GitHub code is 482913', extra = '') =>
    `From: GitHub <noreply@github.com>\r\nTo: someone@else.example\r\nMessage-ID: <raw-${inbox.localPart}>\r\nSubject: Your code\r\n${extra}\r\n${body}\r\n`;

  const rawFields = (email: string | Buffer, to: string = inbox.address): FormField[] => [
    { name: 'email', value: email },
    { name: 'envelope', value: JSON.stringify({ to: [to], from: 'noreply@github.com' }) },
    { name: 'sender_ip', value: '192.30.252.193' },
    { name: 'SPF', value: 'pass' },
    { name: 'charsets', value: '{"to":"UTF-8"}' },
  ];

  it('stores a parsed mail with its code, and what SendGrid says of the sender', async () => {
    const response = await postInboundParse(ingestor.url, inboundParseForm(parsedFields()));
    expect([response.status, await response.json()]).toEqual([200, { status: 'stored', messages: 1, repeats: 0 }]);
    const [stored] = await messages();
    expect(stored?.row).toMatchObject({
      source: 'sendgrid',
      credentialId: inbox.credentialId,
      inboxId: inbox.inboxId,
      sender: 'noreply@github.com',
      recipient: inbox.address,
      state: 'received',
      authResults: {
        checked_by: 'sendgrid',
        spf: { result: 'pass', domain: 'github.com' },
        dkim: [{ result: 'pass', domain: 'github.com' }],
        authenticated_domain: 'github.com',
      },
    });
    expect(stored?.content).toMatchObject({
      from: 'GitHub <noreply@github.com>',
      subject: 'Your code',
      text: 'Your GitHub code is 482913',
      html: '<p>Your GitHub code is <b>482913</b></p>',
    });
    expect(stored?.extraction.code).toBe('482913');
  });

  it('stores a raw mail, and verifies it itself', async () => {
    const response = await postInboundParse(ingestor.url, inboundParseForm(rawFields(rawMail())));
    expect(response.status).toBe(200);
    const [stored] = await messages();
    expect(stored?.content).toMatchObject({ subject: 'Your code', text: 'Your GitHub code is 482913\n' });
    expect(stored?.extraction.code).toBe('482913');
    await until('it is verified', async () => (await messages())[0]?.row.authResults !== null);
    expect((await messages())[0]?.row.authResults).toMatchObject({ checked_by: 'otpost', dmarc: { result: 'none' } });
  });

  it.each([
    ['iso-8859-1', 'Ihr Bestätigungscode für GitHub lautet 482913. Grüße'],
    ['shift_jis', 'GitHubの認証コードは482913です'],
    ['gb18030', '您的GitHub验证码是482913，请勿泄露'],
  ])('reads %s, in both modes', async (charset, text) => {
    const charsets = JSON.stringify({ text: charset, subject: charset, html: 'UTF-8' });
    const fields = parsedFields({ text: encodeText(text, charset), subject: encodeText(text, charset), charsets });
    expect((await postInboundParse(ingestor.url, inboundParseForm(fields))).status).toBe(200);
    const head = rawMail('', `Content-Type: text/plain; charset=${charset}\r\nContent-Transfer-Encoding: 8bit\r\n`);
    const email = Buffer.concat([Buffer.from(head.slice(0, -2)), encodeText(text, charset)]);
    expect((await postInboundParse(ingestor.url, inboundParseForm(rawFields(email)))).status).toBe(200);
    const stored = await messages();
    expect(stored.map(({ content }) => content.text)).toEqual([text, text]);
    expect(stored[0]?.content.subject).toBe(text);
    expect(stored.map(({ extraction }) => extraction.code)).toEqual(['482913', '482913']);
  });

  it('reads a charset that nobody knows as well as it can', async () => {
    const fields = parsedFields({ charsets: '{"text":"klingon-8"}', text: Buffer.from('code 482913 \xe9', 'latin1') });
    expect((await postInboundParse(ingestor.url, inboundParseForm(fields))).status).toBe(200);
    expect((await messages())[0]?.content.text).toBe('code 482913 é');
  });

  it('takes a repeat for what it is', async () => {
    const form = inboundParseForm(parsedFields());
    await postInboundParse(ingestor.url, form);
    const again = await postInboundParse(ingestor.url, form, { timestamp: Math.floor(Date.now() / 1_000) - 20 });
    expect(await again.json()).toEqual({ status: 'stored', messages: 1, repeats: 1 });
    expect(await messages()).toHaveLength(1);
  });

  it('stores one for each inbox that the envelope names', async () => {
    const other = await givenInbox(ingestor.owner, workspace);
    const envelope = JSON.stringify({
      to: [inbox.address.toUpperCase(), `${other.localPart}+tag@${inboxDomain}`, 'x@y.example'],
    });
    expect((await postInboundParse(ingestor.url, inboundParseForm(parsedFields({ envelope })))).status).toBe(200);
    const rows = (await messages()).map(({ row }) => row);
    expect(rows.map(({ inboxId }) => inboxId).sort()).toEqual([inbox.inboxId, other.inboxId].sort());
    expect(rows.find(({ inboxId }) => inboxId === other.inboxId)?.recipient).toBe(
      `${other.localPart}+tag@${inboxDomain}`,
    );
  });

  it('lists attachments, and keeps none', async () => {
    const fields = parsedFields();
    fields.push({ name: 'attachment1', value: 'PDF', filename: 'a.pdf', contentType: 'application/pdf' });
    expect((await postInboundParse(ingestor.url, inboundParseForm(fields))).status).toBe(200);
    expect((await messages())[0]?.content.attachments).toEqual([
      { filename: 'a.pdf', content_type: 'application/pdf', size_bytes: 3 },
    ]);
  });

  it('refuses a wrong, missing, altered or replayed signature', async () => {
    const form = inboundParseForm(parsedFields());
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const statuses = await Promise.all([
      postInboundParse(ingestor.url, form, { signature: Buffer.from('no').toString('base64') }),
      postInboundParse(ingestor.url, form, { signed: false }),
      postInboundParse(ingestor.url, form, { timestamp: nowSeconds - 3_600 }),
      postInboundParse(ingestor.url, form, { timestamp: nowSeconds + 3_600 }),
      postInboundParse(ingestor.url, form, { path: '/inbound/sendgrid/parse/guess', signed: false }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
    expect(await messages()).toHaveLength(0);
  });

  it('takes the secret path in place of a signature', async () => {
    const path = `/inbound/sendgrid/parse/${pathSecret}`;
    const response = await postInboundParse(ingestor.url, inboundParseForm(parsedFields()), { path, signed: false });
    expect(response.status).toBe(200);
    expect(ingestor.log.join()).not.toContain(pathSecret);
  });

  it('has an answer for every body', async () => {
    const post = (body: string, contentType: string | undefined = 'multipart/form-data; boundary=x') =>
      postInboundParse(ingestor.url, { body: Buffer.from(body), contentType }).then(({ status }) => status);
    expect(await post('')).toBe(422);
    expect(await post('--x\r\n')).toBe(422);
    expect(await post('{}', 'application/json')).toBe(422);
    expect(await post('--x--\r\n')).toBe(404);
    const unknown = parsedFields({ envelope: `{"to":["nobody@${inboxDomain}"]}` });
    expect((await postInboundParse(ingestor.url, inboundParseForm(unknown))).status).toBe(404);
    const large = parsedFields({ text: 'x'.repeat(31_000_000) });
    expect((await postInboundParse(ingestor.url, inboundParseForm(large))).status).toBe(413);
    const parts = `--b\r\n\r\nx\r\n`.repeat(100_000);
    const hostile = rawMail(`${parts}--b--`, 'Content-Type: multipart/mixed; boundary=b\r\n');
    expect((await postInboundParse(ingestor.url, inboundParseForm(rawFields(hostile)))).status).toBe(422);
    expect((await postInboundParse(ingestor.url, inboundParseForm(parsedFields()))).status).toBe(200);
  });

  it('stores a mail without text', async () => {
    const fields = parsedFields().filter(({ name }) => name !== 'text' && name !== 'html');
    expect((await postInboundParse(ingestor.url, inboundParseForm(fields))).status).toBe(200);
    expect((await messages())[0]).toMatchObject({ content: { text: null, html: null }, extraction: { code: null } });
  });
});
