import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

interface RelayedMail {
  to: string[];
  text: string;
  messageId: string;
  automatic: string;
}

interface Rule {
  id: string;
  confirmed_at: string | null;
}

let system: OwnSystem;
let workspace: Workspace;
const relayed: RelayedMail[] = [];
const relay = new SMTPServer({
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData: (stream, session, done) => {
    void simpleParser(stream).then((mail) => {
      relayed.push({
        to: session.envelope.rcptTo.map(({ address }) => address),
        text: mail.text ?? '',
        messageId: mail.messageId ?? '',
        automatic: mail.headerLines.find(({ key }) => key === 'auto-submitted')?.line ?? '',
      });
      done();
    }, done);
  },
});

beforeAll(async () => {
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.server.address() as AddressInfo;
  const environment = {
    OTPOST_SMTP_RELAY_URL: `smtp://127.0.0.1:${port}`,
    OTPOST_MAIL_FROM: 'otpost@mail.example.com',
    OTPOST_LOG_LEVEL: 'debug',
  };
  system = await startSystem({ environment });
  workspace = await createWorkspace(system);
}, 120_000);
afterAll(async () => {
  await system.end();
  await new Promise<void>((resolve) => relay.close(resolve));
}, 60_000);

const post = <Body>(path: string, body?: unknown) =>
  call<Body>(system, path, { key: workspace.apiKey, method: 'POST', ...(body === undefined ? {} : { body }) });
const get = <Body>(path: string) => call<Body>(system, path, { key: workspace.apiKey });
const mailsTo = (address: string) => relayed.filter(({ to }) => to.includes(address));

async function inboxOf(domain: string): Promise<{ id: string; tfa_email: string }> {
  const entry = { permissioned_user_id: 'agent', domain, tfa_method: 'EMAIL' };
  return (await post<{ id: string; tfa_email: string }>('/vault', entry)).body;
}

async function send(to: string, text: string, headers: Record<string, string> = {}): Promise<void> {
  rememberSecret('text of a mail to be forwarded', text);
  const transport = createTransport({ url: system.smtpUrl, tls: { rejectUnauthorized: false } });
  await transport.sendMail({ from: 'security@example.com', to, subject: 'Your code', text, headers });
  transport.close();
}

/** The link in the newest mail to somebody. */
async function linkFor(address: string, path: 'confirm' | 'code'): Promise<string> {
  const mail = await until(`a mail to ${address}`, () => mailsTo(address).at(-1));
  const [link = ''] = new RegExp(`http://\\S+/${path}/\\S+`).exec(mail.text) ?? [];
  rememberSecret('link to a page', new URL(link).pathname.split('/').at(-1) ?? '');
  return link;
}

async function confirmedRule(destination: string, credential_id: string): Promise<Rule> {
  const { status, body } = await post<Rule>('/v1/forwarding-rules', { destination, credential_id });
  expect({ status, body }).toMatchObject({ status: 201, body: { destination, credential_id, confirmed_at: null } });
  await fetch(await linkFor(destination, 'confirm'), { method: 'POST' });
  return (await get<Rule>(`/v1/forwarding-rules/${body.id}`)).body;
}

describe('a forwarding rule', () => {
  it('sends copies once the page in the mail was agreed to, and a look at the page agrees to nothing', async () => {
    const inbox = await inboxOf('bank.example');
    const human = 'human@people.example';
    const { body: rule } = await post<Rule>('/v1/forwarding-rules', { destination: human, credential_id: inbox.id });
    const link = await linkFor(human, 'confirm');
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).toContain('h…@people.example');
    expect((await get<Rule>(`/v1/forwarding-rules/${rule.id}`)).body.confirmed_at).toBeNull();
    await send(inbox.tfa_email, 'Your verification code is 40918273. Nobody has agreed yet.');
    await until('it is readable', async () =>
      (await get('/vault/tfa-code?permissioned_user_id=agent&domain=bank.example')).status === 200 ? true : undefined,
    );

    const foreign = await fetch(link, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
    expect(foreign.status).toBe(403);
    expect((await fetch(`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`)).status).toBe(404);
    const agreed = await fetch(link, { method: 'POST', body: new URLSearchParams() });
    expect(await agreed.text()).toContain('Copies will be sent');
    expect((await get<Rule>(`/v1/forwarding-rules/${rule.id}`)).body.confirmed_at).not.toBeNull();

    await send(inbox.tfa_email, 'Your verification code is 73829104. It is for you.');
    const copy = await until('the copy', () => mailsTo(human)[1]);
    expect(copy.text).toContain('Your verification code is 73829104. It is for you.');
    expect(copy.automatic).toMatch(/: auto-forwarded$/);
    const forwards = await until('its row', async () => {
      const { body } = await get<{ items: { state: string }[] }>(`/v1/forwarding-rules/${rule.id}/forwards`);
      return body.items[0]?.state === 'sent' ? body.items : undefined;
    });
    expect(forwards).toHaveLength(1);
    expect(mailsTo(human)).toHaveLength(2);
  });

  it('sends nothing that came round, and nothing back to this deployment', async () => {
    const inbox = await inboxOf('loop.example');
    const rule = await confirmedRule('loop@people.example', inbox.id);
    await send(inbox.tfa_email, 'Your verification code is 55512340. It was sent on.', { 'X-Otpost': '1' });
    await send(inbox.tfa_email, 'Your verification code is 55512341. I am away.', { 'Auto-Submitted': 'auto-replied' });
    const forwards = await until('both are decided', async () => {
      const { body } = await get<{ items: { state: string; reason: string }[] }>(
        `/v1/forwarding-rules/${rule.id}/forwards`,
      );
      return body.items.length === 2 && body.items.every(({ state }) => state !== 'pending') ? body.items : undefined;
    });
    expect(forwards.map(({ state, reason }) => `${state} ${reason}`).sort()).toEqual([
      'dropped auto_submitted',
      'dropped sent_by_otpost',
    ]);
    expect(mailsTo('loop@people.example')).toHaveLength(1);
    expect(await post('/v1/forwarding-rules', { destination: inbox.tfa_email })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'destination' }] },
    });
    expect(await post('/v1/forwarding-rules', { destination: '+13125550142' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('OTPOST_TWILIO_ACCOUNT_SID') },
    });
  });

  it('loses nothing when the dispatcher is killed and Redis forgets', async () => {
    const inbox = await inboxOf('killed.example');
    await confirmedRule('killed@people.example', inbox.id);
    const mail = (n: number) => send(inbox.tfa_email, `Your verification code is 6610293${n}. Number ${n}.`);
    const wave = (from: number) => Promise.all([0, 1, 2, 3, 4].map((n) => mail(from + n)));
    await wave(0);
    await system.kill('dispatcher');
    await wave(5);
    await system.restart('redis');
    await system.start('dispatcher');
    const copies = () => mailsTo('killed@people.example').slice(1);
    // A row that the killed one had taken is free again when its lease ends.
    await until('all copies', () => (new Set(copies().map(({ text }) => text)).size === 10 ? true : undefined), 90_000);
    expect(new Set(copies().map(({ messageId }) => messageId)).size).toBe(10);
  }, 150_000);
});

describe('a seat that a challenge names', () => {
  it('is told by mail, with a link that answers it', async () => {
    const inbox = await inboxOf('asked.example');
    const { body: seat } = await post<{ seat_id: string }>('/v1/seats', { email: 'seat@people.example' });
    const opened = await post<{ id: string; page_url: string }>('/v1/challenges', {
      credential_id: inbox.id,
      factors: ['user'],
      seat_ids: [seat.seat_id],
      message: 'Please read the code off your token.',
    });
    const link = await linkFor('seat@people.example', 'code');
    expect(link).toBe(opened.body.page_url);
    rememberSecret('answer of a seat', '91827364');
    await fetch(link, { method: 'POST', body: new URLSearchParams({ code: '91827364' }) });
    expect((await get(`/v1/challenges/${opened.body.id}?wait=10`)).body).toMatchObject({
      status: 'resolved',
      factor: 'user',
      code: '91827364',
    });
    expect(mailsTo('seat@people.example')).toHaveLength(1);
    const unknown = await post('/v1/challenges', { credential_id: inbox.id, seat_ids: [inbox.id] });
    expect(unknown).toMatchObject({ status: 422, body: { errors: [{ path: 'seat_ids' }] } });
  });
});

/** Asks again until there is an answer. */
async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, forMs = 20_000): Promise<T> {
  const end = Date.now() + forMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`no ${what} within ${forMs / 1_000} seconds`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
