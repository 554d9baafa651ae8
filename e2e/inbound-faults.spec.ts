import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { createTransport } from 'nodemailer';
import pg from 'pg';
import { call } from './api.js';
import { awaitCode, makeEntry, makeNumber, postSms, smsParameters, someCode, until } from './inbound-senders.js';
import { createWorkspace, startSystem, type OwnSystem, type Workspace } from './system.js';

const number = '+13125550142';
const atOnce = 16;
jest.setTimeout(120_000);
let system: OwnSystem;
let workspace: Workspace;
let inbox: string;
let transport: ReturnType<typeof connect>;

const connect = (url: string) =>
  createTransport({ url, pool: true, maxConnections: 4, tls: { rejectUnauthorized: false } });

beforeAll(async () => {
  system = await startSystem();
  workspace = await createWorkspace(system);
  await makeNumber(system, workspace, number, (await makeEntry(system, workspace, 'texted.example', 'SMS')).id);
  inbox = (await makeEntry(system, workspace, 'mailed.example')).tfa_email;
  transport = connect(system.smtpUrl);
}, 120_000);

afterAll(async () => {
  transport.close();
  await system.end();
});

/** A message on its way: `send` gives what its sender hears. */
interface Letter {
  code: string;
  send: () => Promise<number>;
}

/** Every fifth is a mail. A repeat is the same message, as a sender tries again. */
function letters(count: number): Letter[] {
  return Array.from({ length: count }, (_, index) => {
    const code = someCode();
    const text = `Your verification code is ${code}`;
    if (index % 5 === 0) {
      const mail = {
        from: 'login@bank.example',
        to: inbox,
        subject: 'Hello',
        text,
        ...sameEachTime(code),
      };
      const refused = (error: { responseCode?: number }) => error.responseCode ?? 0;
      return { code, send: () => transport.sendMail(mail).then(() => 250, refused) };
    }
    const parameters = smsParameters(number, text);
    return { code, send: () => postSms(system, parameters).then(({ status }) => status) };
  });
}

/** What nodemailer would make anew: a sender that tries again sends the same bytes. */
const sameEachTime = (code: string) => ({ messageId: `<${code}@bank.example>`, date: new Date() });

async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = all.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of waiting) await work(one);
    }),
  );
}

async function sendAll(all: readonly Letter[]): Promise<number[]> {
  const heard = new Set<number>();
  await eachOf(all, async ({ send }) => void heard.add(await send()));
  return [...heard].sort();
}

/** How many messages came since then, how many of them deposited, and how many codes. */
async function countSince(since: Date) {
  const client = new pg.Client({ connectionString: system.ownerUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ messages: number; deposited: number; codes: number }>(
      `SELECT count(*)::int AS messages, (count(*) FILTER (WHERE m.state = 'deposited'))::int AS deposited, count(c.id)::int AS codes
       FROM inbound_message m LEFT JOIN received_code c ON c.inbound_message_id = m.id WHERE m.received_at >= $1`,
      [since],
    );
    return rows[0];
  } finally {
    await client.end();
  }
}

/** Each message was stored once and deposited once. */
async function expectAllOnce({ length: count }: readonly Letter[], since: Date): Promise<void> {
  await until(
    'as many codes',
    async () => (((await countSince(since))?.deposited ?? 0) >= count ? true : undefined),
    60,
  );
  expect(await countSince(since)).toEqual({ messages: count, deposited: count, codes: count });
}

/** What was found in the newest messages: the codes that were sent, each once. */
async function expectTheirCodes(sent: readonly Letter[]): Promise<void> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null && ids.length < sent.length;) {
    const page = await messagesFrom(cursor);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  const found: (string | undefined)[] = [];
  await eachOf(ids.slice(0, sent.length), async (id) => {
    const { body } = await call<{ extraction: { code: string } | null }>(system, `/v1/messages/${id}`, {
      key: workspace.apiKey,
    });
    found.push(body.extraction?.code);
  });
  expect(found.sort()).toEqual(sent.map(({ code }) => code).sort());
}

async function messagesFrom(cursor: string) {
  const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) }).toString();
  const options = { key: workspace.apiKey };
  const page = await call<{ items: { id: string }[]; next_cursor: string | null }>(
    system,
    `/v1/messages?${query}`,
    options,
  );
  return page.body;
}

// One story, in order: each test leaves the system whole.
describe('messages that arrive while something is away', () => {
  it('are all there once when the vault is back: 500 of them', async () => {
    const [since, sent] = [new Date(), letters(500)];
    await system.stop('vault');
    expect(await sendAll(sent)).toEqual([200, 250]);
    expect(await countSince(since)).toEqual({ messages: 500, deposited: 0, codes: 0 });
    await system.start('vault');
    await expectAllOnce(sent, since);
    await expectTheirCodes(sent);
    const { body } = await awaitCode(system, workspace.apiKey, 'texted.example');
    expect(sent.map(({ code }) => code)).toContain(body['code']);
  });

  it('are all there once also when Redis forgot them in between: 500 of them', async () => {
    const [since, sent] = [new Date(), letters(500)];
    await system.stop('vault');
    expect(await sendAll(sent.slice(0, 250))).toEqual([200, 250]);
    const redis = new Redis(system.redisUrl);
    await redis.flushall();
    await redis.quit();
    expect(await sendAll(sent.slice(250))).toEqual([200, 250]);
    await system.start('vault');
    await expectAllOnce(sent, since);
  });

  it('are asked for again while PostgreSQL is away, and are all there once after it', async () => {
    const [since, sent] = [new Date(), letters(100)];
    await system.stop('postgres');
    expect(await sendAll(sent)).toEqual([451, 503]);
    await system.start('postgres');
    await eachOf(sent, async ({ send }) => {
      await until('a message is taken', async () => ([200, 250].includes(await send()) ? true : undefined));
    });
    // What a sender repeats though it was taken, since the answer was lost.
    expect(await sendAll(sent.slice(0, 20))).toEqual([200, 250]);
    await expectAllOnce(sent, since);
    await expectTheirCodes(sent);
  });
});
