import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeededWorkspace } from '@otpost/database/testing';
import { until } from '@otpost/messaging/testing';
import { inboundParseForm, postInboundParse, sendGridPublicKey } from '../testing/inbound-parse-request.js';
import { mimeSecret, postMime } from '../testing/signed-mime.js';
import { sendMail } from '../testing/smtp-client.js';
import { givenInbox, givenNumber } from '../testing/targets.js';
import { TestIngestor } from '../testing/test-ingestor.js';
import { postSms, smsParameters } from '../testing/twilio-request.js';
import { Deposits } from './deposits.js';

const waitingJobs = 'otpost:queue:{vault.deposits}:wait';

describe('a message that was accepted', () => {
  let ingestor: TestIngestor;
  let workspace: SeededWorkspace;
  let inbox: Awaited<ReturnType<typeof givenInbox>>;
  let number: Awaited<ReturnType<typeof givenNumber>>;

  beforeAll(async () => {
    ingestor = await TestIngestor.start({
      environment: { OTPOST_SENDGRID_PUBLIC_KEY: sendGridPublicKey, OTPOST_MIME_SECRET: mimeSecret },
    });
  });

  afterAll(async () => {
    await ingestor.stop();
  });

  beforeEach(async () => {
    workspace = await ingestor.workspace();
    inbox = await givenInbox(ingestor.owner, workspace);
    number = await givenNumber(ingestor.owner, workspace, { credentialId: inbox.credentialId });
  });

  const messages = () => ingestor.messages(workspace.workspaceId);
  const redis = async <Result>(ask: (client: ReturnType<TestIngestor['redis']['client']>) => Promise<Result>) => {
    const client = ingestor.redis.client();
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  };
  const age = (seconds: number) =>
    ingestor.owner.pool.query(
      `UPDATE inbound_message SET received_at = now() - make_interval(secs => $1) WHERE workspace_id = $2`,
      [seconds, workspace.workspaceId],
    );
  /** Until other specs' rows do not count. */
  const processAll = () => ingestor.owner.pool.query('UPDATE inbound_message SET processed_at = now()');

  it('was asked for again while PostgreSQL was away, and is there once', async () => {
    const sms = smsParameters(number.e164, 'Your code is 111111');
    const mail = `To: ${inbox.address}\r\nMessage-ID: <mime@x>\r\nSubject: x\r\n\r\nYour code is 222222\r\n`;
    const form = inboundParseForm([
      { name: 'email', value: mail.replaceAll('2', '3').replace('mime@x', 'sendgrid@x') },
      { name: 'envelope', value: JSON.stringify({ to: [inbox.address] }) },
    ]);
    const bySmtp = {
      from: 'a@sender.example',
      to: inbox.address,
      messageId: '<smtp@x>',
      date: new Date(0),
      text: 'Your code is 444444',
    };
    const sendAll = async () => [
      await postSms(ingestor.url, sms),
      await postMime(ingestor.url, mail),
      await postInboundParse(ingestor.url, form),
    ];

    ingestor.gate.shut();
    const refused = await sendAll();
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
    await expect(sendMail(ingestor.smtpPort, bySmtp)).rejects.toMatchObject({ responseCode: 451 });

    ingestor.gate.reopen();
    expect((await sendAll()).map(({ status }) => status)).toEqual([200, 200, 200]);
    await sendMail(ingestor.smtpPort, bySmtp);
    await sendAll();
    const codes = (await messages()).map(({ extraction }) => extraction.code);
    expect(codes.sort()).toEqual(['111111', '222222', '333333', '444444']);
  });

  it('is not half there when PostgreSQL goes away at the end of the text', async () => {
    const other = await givenInbox(ingestor.owner, workspace);
    const blocker = await ingestor.owner.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE inbound_message IN EXCLUSIVE MODE');
    const to = [inbox.address, other.address];
    const mail = {
      from: 'a@sender.example',
      to,
      messageId: '<twice@x>',
      date: new Date(0),
      text: 'Your code is 555555',
    };
    const first = sendMail(ingestor.smtpPort, mail);
    const outcome = expect(first).rejects.toMatchObject({ responseCode: 451 });
    await until('it waits for the table', async () => {
      const { rows } = await ingestor.owner.pool.query(
        `SELECT FROM pg_locks WHERE relation = 'inbound_message'::regclass AND NOT granted`,
      );
      return rows.length > 0;
    });
    ingestor.gate.shut();
    await outcome;
    await blocker.query('ROLLBACK');
    blocker.release();
    expect(await messages()).toHaveLength(0);
    ingestor.gate.reopen();
    await sendMail(ingestor.smtpPort, mail);
    expect(await messages()).toHaveLength(2);
  });

  it('is announced to the vault by its ids alone', async () => {
    await redis((client) => client.flushall());
    await postSms(ingestor.url, smsParameters(number.e164, 'canary 918273'));
    await until('it is announced', () => redis(async (client) => (await client.llen(waitingJobs)) === 1));
    const [message] = await messages();
    const everything = await redis(async (client) => {
      const dump: string[] = [];
      for (const key of await client.keys('*')) {
        if ((await client.type(key)) === 'hash') dump.push(JSON.stringify(await client.hgetall(key)));
      }
      return dump.join();
    });
    expect(everything).toContain(message?.row.id);
    expect(everything).not.toMatch(/918273|canary/);
  });

  it('is stored also without Redis, and announced when that is back', async () => {
    await processAll();
    await ingestor.redis.stop();
    expect((await postSms(ingestor.url, smsParameters(number.e164, 'Your code is 666666'))).status).toBe(200);
    await ingestor.redis.start();
    await age(10);
    const deposits = ingestor.get(Deposits);
    await until('Redis is back', () =>
      deposits.sweep().then(
        () => true,
        () => false,
      ),
    );
    await until('it is announced', () => redis(async (client) => (await client.llen(waitingJobs)) === 1));
  });

  it('is announced again after Redis forgot it, once, and until the vault has seen it', async () => {
    await processAll();
    await postSms(ingestor.url, smsParameters(number.e164, 'Your code is 777777'));
    const deposits = ingestor.get(Deposits);
    await redis((client) => client.flushall());
    expect(await deposits.sweep()).toBe(0); // the vault has five seconds
    await age(10);
    expect(await deposits.sweep()).toBe(1);
    expect(await deposits.sweep()).toBe(1);
    expect(await redis((client) => client.llen(waitingJobs))).toBe(1);
    await processAll();
    expect(await deposits.sweep()).toBe(0);
  });

  it('is not announced every few seconds once it is old', async () => {
    await processAll();
    await postSms(ingestor.url, smsParameters(number.e164, 'Your code is 888888'));
    await age(3_600);
    const deposits = ingestor.get(Deposits);
    const swept: number[] = [];
    for (let sweep = 0; sweep < 12; sweep++) swept.push(await deposits.sweep());
    expect(swept.reduce((total, count) => total + count)).toBe(2);
  });
});
