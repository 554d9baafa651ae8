import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import twilio from 'twilio';
import { encodeText } from '../apps/ingestor/src/testing/charsets.js';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import {
  awaitCode,
  makeEntry,
  makeNumber,
  postInboundParse,
  postMime,
  postSms,
  readCode,
  smsParameters,
  someCode,
  until,
  type Entry,
} from './inbound-senders.js';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
const { hooks } = system;
const number = `+1312${String(Date.now()).slice(-7)}`;
let workspace: Workspace;
let texted: Entry;

/** Takes the workspace's webhooks, and keeps their bodies with the logs that the canary test reads. */
const events: { event: string; payload: Record<string, unknown> }[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    appendFileSync(join(dirname(system.logFile('gateway')), 'webhook-bodies.log'), `${body}\n`);
    events.push(JSON.parse(body) as (typeof events)[number]);
    response.end();
  });
});

beforeAll(async () => {
  workspace = await createWorkspace(system);
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await call(system, '/v1/webhook-endpoints', { key: key(), body: { url } });
  texted = await makeEntry(system, workspace, 'texted.example', 'SMS');
  await makeNumber(system, workspace, number, texted.id);
});

afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});

const key = () => workspace.apiKey;
const messagesOf = async ({ id }: Entry) => {
  const path = `/v1/messages?credential_id=${id}`;
  return (await call<{ items: Record<string, unknown>[] }>(system, path, { key: key() })).body.items;
};
/** A sentence with the code, remembered whole. */
const saying = (code: string, sentence = 'Your verification code is CODE. Tell nobody, we never ask.') => {
  const text = sentence.replace('CODE', code);
  rememberSecret('text of a message', text);
  return text;
};

describe('an SMS through Twilio', () => {
  it('is a code at /vault/tfa-code, announced by a webhook without it', async () => {
    const code = someCode();
    const response = await postSms(system, smsParameters(number, saying(code)));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/xml/)]);
    expect(await response.text()).toBe('<Response/>');
    expect((await awaitCode(system, key(), 'texted.example')).body).toEqual({
      type: 'sms',
      code,
      received_at: expect.any(String),
    });
    const told = await until('code.received', () => events.find(({ event }) => event === 'code.received'));
    expect(told.payload).toMatchObject({ credential_id: texted.id, channel: 'sms', kind: 'code' });
  });

  it('answers the challenge that waits for it', async () => {
    const body = { permissioned_user_id: 'agent', domain: 'texted.example', factors: ['sms'] };
    const opened = await call<{ id: string }>(system, '/v1/challenges', { key: key(), body });
    const waiting = call(system, `/v1/challenges/${opened.body.id}?wait=30`, { key: key() });
    const code = someCode();
    await postSms(system, smsParameters(number, saying(code)));
    expect((await waiting).body).toMatchObject({ status: 'resolved', factor: 'sms', code });
  });

  it('is taken once, however often Twilio repeats it', async () => {
    const before = (await messagesOf(texted)).length;
    const parameters = smsParameters(number, saying(someCode()));
    const answers = await Promise.all(Array.from({ length: 5 }, () => postSms(system, parameters)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(await messagesOf(texted)).toHaveLength(before + 1);
  });
});

describe('mail through SendGrid Inbound Parse', () => {
  const parsed = ({ tfa_email }: Entry, text: string | Buffer, charset = 'UTF-8') => ({
    headers: `Message-ID: <${Math.random()}@bank.example>\nFrom: Bank <login@bank.example>\nSubject: Hello\n`,
    dkim: '{@bank.example : pass}',
    to: tfa_email,
    from: 'Bank <login@bank.example>',
    text,
    sender_ip: '192.0.2.25',
    envelope: JSON.stringify({ to: [tfa_email], from: 'login@bank.example' }),
    attachments: '0',
    subject: 'Hello',
    charsets: JSON.stringify({ to: 'UTF-8', subject: 'UTF-8', from: 'UTF-8', text: charset }),
    SPF: 'pass',
  });
  const raw = ({ tfa_email }: Entry, text: Buffer, charset: string) => ({
    email: Buffer.concat([
      Buffer.from(
        `From: Bank <login@bank.example>\r\nTo: ${tfa_email}\r\nMessage-ID: <${Math.random()}@bank.example>\r\nSubject: Hello\r\n` +
          `Content-Type: text/plain; charset=${charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`,
      ),
      text,
    ]),
    envelope: JSON.stringify({ to: [tfa_email], from: 'login@bank.example' }),
    sender_ip: '192.0.2.25',
    SPF: 'pass',
  });

  it.each([
    ['ISO-8859-1', 'Ihr Bestätigungscode für die Anmeldung lautet CODE. Schöne Grüße'],
    ['Shift_JIS', '認証コードはCODEです。誰にも教えないでください'],
    ['GB18030', '您的验证码是CODE，请勿泄露给他人'],
  ])('is read in %s, parsed and raw', async (charset, sentence) => {
    const domain = `${charset.toLowerCase().replace('_', '-')}.example`;
    const entry = await makeEntry(system, workspace, domain);
    const bytes = (code: string) => encodeText(saying(code, sentence), charset.toLowerCase());
    for (const form of [
      (code: string) => parsed(entry, bytes(code), charset),
      (code: string) => raw(entry, bytes(code), charset),
    ]) {
      const code = someCode();
      const response = await postInboundParse(hooks.sendgridParse, form(code));
      expect([response.status, await response.json()]).toEqual([200, { status: 'stored', messages: 1, repeats: 0 }]);
      await until(`the ${charset} code`, async () => {
        const { body } = await readCode(system, key(), domain);
        return body['code'] === code ? body : undefined;
      });
    }
  });

  it('has an answer for everything, and goes on', async () => {
    const entry = await makeEntry(system, workspace, 'everything.example');
    const { sendgridParse: url } = hooks;
    const form = () => parsed(entry, saying(someCode()));
    const wrong = url.replace(/[^/]+$/, 'AAAAAAAAAAAAAAAAAAAAAAAA');
    expect((await postInboundParse(wrong, form())).status).toBe(403);
    expect((await fetch(url, { method: 'POST' })).status).toBe(422);
    const stranger = {
      ...form(),
      envelope: '{"to":["nobody@otpost.localhost"],"from":"x@bank.example"}',
      to: 'x@x.example',
    };
    expect((await postInboundParse(url, stranger)).status).toBe(404);
    const large = { ...form(), html: Buffer.alloc(31_000_000, 'x') };
    // Refused before it is read: who still sends may hear a closed connection in place of it.
    expect(
      await postInboundParse(url, large).then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413);
    const parts = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(100_000)}--b--`,
    );
    expect((await postInboundParse(url, { ...form(), email: parts })).status).toBe(422);
    const code = someCode();
    const klingon = parsed(entry, Buffer.from(`Your code is ${code} \xe9`, 'latin1'), 'klingon-8');
    const answers = [await postInboundParse(url, klingon), await postInboundParse(url, klingon)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await awaitCode(system, key(), 'everything.example')).body).toMatchObject({ code });
    expect(await messagesOf(entry)).toHaveLength(1);
  });
});

describe('mail through the raw hook', () => {
  const mail = ({ tfa_email }: Entry, text: string) =>
    Buffer.from(
      `From: login@bank.example\r\nTo: ${tfa_email}\r\nMessage-ID: <${Math.random()}@x>\r\nSubject: Hello\r\n\r\n${text}\r\n`,
    );

  it('is a link for a credential that waits for one', async () => {
    const entry = await makeEntry(system, workspace, 'linked.example', 'MAGIC_LINK');
    const body = { permissioned_user_id: 'agent', domain: 'linked.example', factors: ['magic_link'] };
    const opened = await call<{ id: string }>(system, '/v1/challenges', { key: key(), body });
    const link = `https://linked.example/login?token=${someCode()}${someCode()}`;
    rememberSecret('a link in a message', link);
    const waiting = call(system, `/v1/challenges/${opened.body.id}?wait=30`, { key: key() });
    expect((await postMime(system, mail(entry, `Click to sign in: ${link}`))).status).toBe(200);
    expect((await waiting).body).toMatchObject({ status: 'resolved', factor: 'magic_link', link });
  });

  it('has an answer for everything, and goes on', async () => {
    const entry = await makeEntry(system, workspace, 'raw.example');
    const code = someCode();
    const good = mail(entry, saying(code));
    expect((await postMime(system, good, `whsec_${Buffer.alloc(32).toString('base64')}`)).status).toBe(403);
    expect((await postMime(system, Buffer.alloc(0))).status).toBe(404);
    expect((await postMime(system, mail({ ...entry, tfa_email: 'nobody@elsewhere.example' }, 'x'))).status).toBe(404);
    expect(await (await postMime(system, good)).json()).toEqual({ status: 'stored', messages: 1, repeats: 0 });
    expect(await (await postMime(system, good)).json()).toEqual({ status: 'stored', messages: 1, repeats: 1 });
    expect((await awaitCode(system, key(), 'raw.example')).body).toMatchObject({ code });
  });
});

describe("Twilio's hook", () => {
  it('has an answer for everything, and goes on', async () => {
    const parameters = smsParameters(number, saying(someCode()));
    expect((await postSms(system, parameters, 'another token')).status).toBe(403);
    const replayed = { ...parameters, Body: saying(someCode()) };
    const signature = twilio.getExpectedTwilioSignature(hooks.twilioAuthToken, hooks.twilioSms, parameters);
    const post = (body?: URLSearchParams | string) =>
      fetch(hooks.twilioSms, { method: 'POST', headers: { 'x-twilio-signature': signature }, ...(body && { body }) });
    expect((await post(new URLSearchParams(replayed))).status).toBe(403);
    expect((await post()).status).toBe(403);
    expect(
      await post('x'.repeat(31_000_000)).then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413);
    expect((await postSms(system, smsParameters('+13120000000', 'x'))).status).toBe(404);
    expect((await postSms(system, parameters)).status).toBe(200);
    expect((await fetch(new URL('/readyz', hooks.twilioSms))).status).toBe(200);
  });
});
