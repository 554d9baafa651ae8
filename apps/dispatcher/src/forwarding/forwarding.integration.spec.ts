import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import {
  askForwardingConfirmation,
  cancelChallenge,
  changeForwardingRule,
  confirmForwarding,
  createForwardingRule,
  deleteForwardingRule,
  describeFactors,
  fullMessage,
  getForwardingRule,
  listForwardingRules,
  listForwards,
  newChallenge,
  notFound,
  openChallenge,
  readForwardingConfirmation,
  readMessage,
  sendForwarding,
  type ForwardingDestination,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { insertCredential } from '@otpost/database/testing';
import { Rpc } from '@otpost/messaging';
import { until } from '@otpost/messaging/testing';
import { dataKeyIdOf } from '../testing/data-keys.js';
import { TestDispatcher } from '../testing/test-dispatcher.js';
import { ForgetForwardings } from './forget-forwardings.js';
import { MailRelay } from './testing/mail-relay.js';
import { TwilioStandIn } from './testing/twilio-stand-in.js';

const text = 'Your code is 93847561 and nobody else should see it.';
/** What the vault opens, by message; absent: purged. */
const contents = new Map<string, { headers?: { name: string; value: string }[]; text?: string }>();
let credentialId: string;

@Controller()
class MessagesStandIn {
  @Rpc(readMessage)
  read({ id }: RequestOf<typeof readMessage>): ResponseOf<typeof readMessage> {
    const content = contents.get(id);
    if (!contents.has(id)) throw notFound('message');
    return fullMessage.decode({
      id,
      channel: 'email',
      source: 'smtp',
      from: 'noreply@github.com',
      to: 'abc@inbox.localhost',
      original_from: null,
      received_at: '2026-01-02T03:04:05.000Z',
      state: 'deposited',
      reason: null,
      credential_id: null,
      inbox_id: null,
      phone_number_id: null,
      auth_results: null,
      size_bytes: 1,
      purged_at: null,
      content: {
        from: 'GitHub <noreply@github.com>',
        to: 'abc@inbox.localhost',
        subject: 'Your code',
        text: content?.text ?? text,
        html: null,
        headers: content?.headers ?? [],
        attachments: [],
        truncated: false,
      },
      extraction: null,
    });
  }

  @Rpc(describeFactors)
  describe(): ResponseOf<typeof describeFactors> {
    return { credential_id: credentialId, tfa_method: 'EMAIL', otp_secret: null };
  }
}

let dispatcher: TestDispatcher;
let replica: NestFastifyApplication;
let workspaceId: string;
const relay = new MailRelay();
const twilio = new TwilioStandIn();

beforeAll(async () => {
  await relay.start();
  await twilio.start();
  const contracts = [readMessage, describeFactors];
  dispatcher = await TestDispatcher.prepare({ controllers: [MessagesStandIn], providers: [], contracts });
  dispatcher.moreEnvironment = {
    OTPOST_SMTP_RELAY_URL: relay.url,
    OTPOST_MAIL_FROM: 'otpost@mail.example.com',
    OTPOST_SMS_FROM: '+13125550100',
    OTPOST_TWILIO_ACCOUNT_SID: twilio.accountSid,
    OTPOST_TWILIO_AUTH_TOKEN: twilio.authToken,
    OTPOST_TWILIO_API_URL: twilio.url,
    OTPOST_PUBLIC_URL: 'https://otpost.example.com',
  };
  replica = await dispatcher.startReplica();
}, 60_000);
afterAll(async () => {
  await dispatcher.close();
  await relay.stop();
  await twilio.stop();
}, 60_000);

beforeEach(async () => {
  dispatcher.clockAheadMs = 0;
  relay.mails.length = 0;
  relay.attempts = 0;
  relay.refuseWith = undefined;
  twilio.sent.length = 0;
  twilio.refuseWith = undefined;
  workspaceId = await dispatcher.makeWorkspace();
  credentialId = await dispatcher.owner.asSystem((tx) =>
    insertCredential(tx, { workspaceId, dataKeyId: dataKeyIdOf(workspaceId) }),
  );
});

type Idempotency = { key: string; route: string; body_hmac: string } | null;
const email = (value: string): ForwardingDestination => ({ kind: 'email', value });

async function create(
  destination: ForwardingDestination,
  more: { credential_id?: string } = {},
  key: Idempotency = null,
) {
  const rule = { credential_id: null, channel: null, enabled: true, destination, ...more };
  return dispatcher.ask(createForwardingRule, workspaceId, { rule, idempotency: key });
}

const read = (id: string) => dispatcher.ask(getForwardingRule, workspaceId, { id });
const caller = { actor: { kind: 'system' as const, id: 'spec' }, ip: '192.0.2.7', request_id: 'spec' };
const confirmationsOf = (ruleId: string) =>
  dispatcher.owner.prisma.forwardingJob.findMany({
    where: { ruleId, purpose: 'confirmation' },
    orderBy: { id: 'asc' },
  });
const confirmationOf = async (ruleId: string) => (await confirmationsOf(ruleId)).at(-1)?.id ?? '';

async function confirmed(destination: ForwardingDestination, more: { credential_id?: string } = {}) {
  const { rule } = await create(destination, more);
  await dispatcher.rpc.call(confirmForwarding, { ...caller, id: await confirmationOf(rule.id) });
  await until('nobody is asked any more', async () =>
    (await confirmationsOf(rule.id)).every(({ state }) => state !== 'pending'),
  );
  relay.mails.length = 0;
  relay.attempts = 0;
  twilio.sent.length = 0;
  return read(rule.id);
}

/** As a deposit of the vault leaves it. */
async function copyOf(ruleId: string, content: { headers?: { name: string; value: string }[]; text?: string } = {}) {
  const [id, inboundMessageId] = [uuidv7(), uuidv7()];
  contents.set(inboundMessageId, content);
  await dispatcher.owner.prisma.forwardingJob.create({
    data: { id, workspaceId, ruleId, inboundMessageId, nextAttemptAt: new Date() },
  });
  // As the sweeper would, only sooner; without Redis it does.
  await dispatcher.queues.add(sendForwarding, { workspace_id: workspaceId, forwarding_job_id: id });
  return id;
}

const job = (id: string) => dispatcher.owner.prisma.forwardingJob.findUniqueOrThrow({ where: { id } });
const ended = (id: string) => until('it ended', async () => (await job(id)).state !== 'pending').then(() => job(id));
const audited = async (resourceId: string) =>
  (
    await dispatcher.owner.prisma.auditEntry.findMany({ where: { workspaceId, resourceId }, orderBy: { id: 'asc' } })
  ).map(({ action, details }) => ({ action, details }));

describe('a forwarding rule', () => {
  it('asks its destination first, and sends nothing before it agreed', async () => {
    const { rule, status } = await create(email('human@example.com'));
    expect(status).toBe(201);
    expect(rule).toMatchObject({ kind: 'email', destination: 'human@example.com', confirmed_at: null, enabled: true });
    const early = await copyOf(rule.id);
    expect(await ended(early)).toMatchObject({ state: 'dropped', lastError: 'not_confirmed' });
    await until('it was asked', () => relay.to('human@example.com').length === 1);
    const [question] = relay.mails;
    expect(question?.header('auto-submitted')).toBe('auto-generated');
    const [, link] = /https:\/\/otpost\.example\.com\/confirm\/(\S+)/.exec(question?.text ?? '') ?? [];
    expect(link).toMatch(new RegExp(`^${await confirmationOf(rule.id)}\\.[\\w-]{32}$`));

    const id = await confirmationOf(rule.id);
    expect(await dispatcher.rpc.call(readForwardingConfirmation, { ...caller, id })).toEqual({
      status: 'open',
      destination: 'h…@example.com',
      covers: 'workspace',
    });
    await until('the row knows', async () => (await read(rule.id)).confirmation_sent_at !== null);
    expect((await read(rule.id)).confirmed_at).toBeNull();
    for (const _ of [1, 2]) {
      expect(await dispatcher.rpc.call(confirmForwarding, { ...caller, id })).toEqual({ status: 'confirmed' });
    }
    expect((await read(rule.id)).confirmed_at).not.toBeNull();

    const copy = await copyOf(rule.id);
    expect(await ended(copy)).toMatchObject({ state: 'sent', attemptCount: 1, lastError: null });
    const sent = relay.to('human@example.com')[1];
    expect(sent).toMatchObject({ subject: 'Fwd: Your code', messageId: `<${copy}@mail.example.com>` });
    expect(sent?.text).toContain(text);
    expect([sent?.header('auto-submitted'), sent?.header('x-otpost')]).toEqual(['auto-forwarded', '1']);
    expect((await audited(rule.id)).map(({ action }) => action)).toEqual([
      'forwarding_rule.created',
      'forwarding_rule.confirmation_sent',
      'forwarding_rule.confirmed',
    ]);
    const forwards = await dispatcher.ask(listForwards, workspaceId, { id: rule.id, page: { limit: 1 } });
    expect(forwards).toMatchObject({
      items: [{ id: copy, state: 'sent', attempts: 1, reason: null }],
      next_cursor: copy,
    });
    expect(dispatcher.log.join('\n')).not.toMatch(/93847561|human@example|confirm\//);
  });

  it('need not ask one who agreed already, whoever else asks', async () => {
    const first = await confirmed(email('once@example.com'));
    const { rule } = await create(email('once@example.com'), { credential_id: credentialId });
    expect(rule.confirmed_at).toBe(first.confirmed_at);
    expect(await confirmationsOf(rule.id)).toEqual([]);
  });

  it('to another destination asks that one, and the link of the one before is worth nothing', async () => {
    const rule = await confirmed(email('old@example.com'));
    const old = await confirmationOf(rule.id);
    const changed = await dispatcher.ask(changeForwardingRule, workspaceId, {
      id: rule.id,
      change: { destination: email('new@example.com') },
    });
    expect(changed).toMatchObject({ destination: 'new@example.com', confirmed_at: null });
    await until('the new one was asked', () => relay.to('new@example.com').length === 1);
    await expect(dispatcher.rpc.call(confirmForwarding, { ...caller, id: old })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await read(rule.id)).confirmed_at).toBeNull();
  });

  it('keeps what was sent for a month, and what is still to be sent for longer', async () => {
    const rule = await confirmed(email('kept@example.com'));
    const sent = (await ended(await copyOf(rule.id))).id;
    const waiting = uuidv7();
    const nextAttemptAt = new Date(Date.now() + 365 * 24 * 3_600_000);
    const data = { id: waiting, workspaceId, ruleId: rule.id, inboundMessageId: uuidv7(), nextAttemptAt };
    await dispatcher.owner.prisma.forwardingJob.create({ data });
    const left = async () => {
      await replica.get(ForgetForwardings).sweep();
      const rows = await dispatcher.owner.prisma.forwardingJob.findMany({
        where: { ruleId: rule.id, purpose: 'copy' },
      });
      return rows.map(({ id }) => id).sort();
    };
    dispatcher.clockAheadMs = 29 * 24 * 3_600_000;
    expect(await left()).toEqual([sent, waiting].sort());
    dispatcher.clockAheadMs = 31 * 24 * 3_600_000;
    expect(await left()).toEqual([waiting]);
  });

  it('goes to a number by SMS, with what fits', async () => {
    const { rule } = await create({ kind: 'sms', value: '+13125550142' });
    await until('it was asked', () => twilio.sent.length === 1);
    expect(twilio.sent[0]).toMatchObject({ to: '+13125550142', from: '+13125550100' });
    expect(twilio.sent[0]?.body).toContain('https://otpost.example.com/confirm/');
    await dispatcher.rpc.call(confirmForwarding, { ...caller, id: await confirmationOf(rule.id) });
    expect(await ended(await copyOf(rule.id))).toMatchObject({ state: 'sent' });
    expect(twilio.sent[1]?.body).toBe(`Forwarded by otpost from GitHub <noreply@github.com>:\nYour code\n${text}`);
  });

  it('goes to a seat where it was confirmed, and asks anew when that has another address', async () => {
    const seatId = uuidv7();
    await dispatcher.owner.prisma.seat.create({ data: { id: seatId, workspaceId, email: 'seat@example.com' } });
    const rule = await confirmed({ kind: 'seat', value: seatId });
    expect(rule).toMatchObject({ kind: 'seat', destination: seatId });
    expect(await ended(await copyOf(rule.id))).toMatchObject({ state: 'sent' });
    expect(relay.to('seat@example.com')).toHaveLength(1);

    await dispatcher.owner.prisma.seat.update({ where: { id: seatId }, data: { email: 'moved@example.com' } });
    expect(await ended(await copyOf(rule.id))).toMatchObject({ state: 'dropped', lastError: 'seat_moved' });
    await until('the new address was asked', () => relay.to('moved@example.com').length === 1);
    expect(relay.to('moved@example.com')[0]?.subject).toContain('Confirm');
    expect((await read(rule.id)).confirmed_at).toBeNull();

    await dispatcher.owner.prisma.seat.delete({ where: { id: seatId } });
    await expect(read(rule.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('names what is wrong with it', async () => {
    await dispatcher.owner.prisma.phoneNumber.create({
      data: {
        id: uuidv7(),
        workspaceId: await dispatcher.makeWorkspace(),
        e164: '+13125550177',
        provider: 'twilio',
        mode: 'shared',
      },
    });
    const wrong: [ForwardingDestination, object][] = [
      [email('abc@inbox.localhost'), { fields: [expect.objectContaining({ path: 'destination' })] }],
      [email('abc@sub.INBOX.localhost'), { code: 'validation_failed' }],
      [{ kind: 'sms', value: '+13125550177' }, { fields: [expect.objectContaining({ path: 'destination' })] }],
      [{ kind: 'sms', value: '+13125550100' }, { code: 'validation_failed' }],
      [{ kind: 'seat', value: uuidv7() }, { fields: [expect.objectContaining({ path: 'destination' })] }],
    ];
    for (const [destination, error] of wrong) await expect(create(destination)).rejects.toMatchObject(error);
    const elsewhere = create(email('human@example.com'), { credential_id: uuidv7() });
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
    expect(await dispatcher.owner.prisma.forwardingRule.count({ where: { workspaceId } })).toBe(0);
  });

  it("is nobody's but its workspace's", async () => {
    const { rule } = await create(email('mine@example.com'));
    const other = await dispatcher.makeWorkspace();
    const { id } = rule;
    const refused = { code: 'not_found' };
    await expect(dispatcher.ask(getForwardingRule, other, { id })).rejects.toMatchObject(refused);
    await expect(dispatcher.ask(changeForwardingRule, other, { id, change: {} })).rejects.toMatchObject(refused);
    await expect(dispatcher.ask(deleteForwardingRule, other, { id })).rejects.toMatchObject(refused);
    await expect(dispatcher.ask(listForwards, other, { id, page: { limit: 5 } })).rejects.toMatchObject(refused);
    const again = dispatcher.ask(askForwardingConfirmation, other, { id, idempotency: null });
    await expect(again).rejects.toMatchObject(refused);
    const list = await dispatcher.ask(listForwardingRules, other, { credential_id: null, page: { limit: 5 } });
    expect(list).toEqual({ items: [], next_cursor: null });
  });

  it('is made once for an Idempotency-Key, listed in pages, and gone with its credential', async () => {
    const key = { key: 'k', route: 'POST /v1/forwarding-rules', body_hmac: '0'.repeat(64) };
    const first = await create(email('a@example.com'), { credential_id: credentialId }, key);
    expect(await create(email('a@example.com'), { credential_id: credentialId }, key)).toMatchObject({
      rule: { id: first.rule.id },
      status: 201,
    });
    const second = await create(email('b@example.com'));
    const list = (page: { cursor?: string; limit: number }, credential: string | null = null) =>
      dispatcher.ask(listForwardingRules, workspaceId, { credential_id: credential, page });
    const one = await list({ limit: 1 });
    expect(one).toMatchObject({ items: [{ id: first.rule.id }], next_cursor: first.rule.id });
    expect(await list({ limit: 1, cursor: first.rule.id })).toMatchObject({
      items: [{ id: second.rule.id }],
      next_cursor: null,
    });
    expect((await list({ limit: 5 }, credentialId)).items.map(({ id }) => id)).toEqual([first.rule.id]);
    await dispatcher.owner.prisma.credential.delete({ where: { id: credentialId } });
    expect((await list({ limit: 5 })).items.map(({ id }) => id)).toEqual([second.rule.id]);
  });

  it('has its destination asked again on request, once a minute, until it agreed; a link is good for a week', async () => {
    const { rule } = await create(email('slow@example.com'));
    const ask = () => dispatcher.ask(askForwardingConfirmation, workspaceId, { id: rule.id, idempotency: null });
    await expect(ask()).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: expect.any(Number) });
    dispatcher.clockAheadMs = 61_000;
    await ask();
    await until('it was asked twice', () => relay.to('slow@example.com').length === 2);
    const [first, second] = await confirmationsOf(rule.id);
    dispatcher.clockAheadMs = 7 * 86_400_000 + 1_000;
    expect(await dispatcher.rpc.call(confirmForwarding, { ...caller, id: first?.id ?? '' })).toEqual({
      status: 'expired',
    });
    expect((await read(rule.id)).confirmed_at).toBeNull();
    await dispatcher.rpc.call(confirmForwarding, { ...caller, id: second?.id ?? '' });
    await expect(ask()).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a copy', () => {
  it.each([
    ['auto_submitted', { headers: [{ name: 'auto-submitted', value: 'auto-replied' }] }],
    ['sent_by_otpost', { headers: [{ name: 'x-otpost', value: '1' }] }],
    ['sent_by_otpost', { text: '> Forwarded by otpost: an e-mail' }],
  ])('of a message that came round is not sent (%s)', async (reason, content) => {
    const rule = await confirmed(email('loop@example.com'));
    const id = await copyOf(rule.id, content);
    expect(await ended(id)).toMatchObject({ state: 'dropped', lastError: reason });
    expect(relay.attempts).toBe(0);
    const entries = await audited((await job(id)).inboundMessageId ?? '');
    expect(entries).toEqual([
      { action: 'inbound_message.not_forwarded', details: { forwarding_rule_id: rule.id, reason } },
    ]);
  });

  it('is not sent once the rule is off, the message purged or the number our own', async () => {
    const rule = await confirmed({ kind: 'sms', value: '+13125550188' });
    const gone = await copyOf(rule.id);
    contents.delete((await job(gone)).inboundMessageId ?? '');
    expect(await ended(gone)).toMatchObject({ state: 'dropped', lastError: 'message_purged' });
    await dispatcher.ask(changeForwardingRule, workspaceId, { id: rule.id, change: { enabled: false } });
    expect(await ended(await copyOf(rule.id))).toMatchObject({ state: 'dropped', lastError: 'rule_disabled' });
    await dispatcher.ask(changeForwardingRule, workspaceId, { id: rule.id, change: { enabled: true } });
    await dispatcher.owner.prisma.phoneNumber.create({
      data: { id: uuidv7(), workspaceId, e164: '+13125550188', provider: 'twilio', mode: 'shared' },
    });
    expect(await ended(await copyOf(rule.id))).toMatchObject({ state: 'dropped', lastError: 'own_destination' });
    expect(twilio.sent).toEqual([]);
  });

  it('is tried again later where the relay is away, with the same Message-ID', async () => {
    const rule = await confirmed(email('later@example.com'));
    relay.refuseWith = 451;
    const id = await copyOf(rule.id);
    await until('it failed', async () => (await job(id)).attemptCount === 1);
    expect(await job(id)).toMatchObject({ state: 'pending', lastError: 'smtp_451', leasedUntil: null });
    const waitMs = ((await job(id)).nextAttemptAt?.getTime() ?? 0) - Date.now();
    expect(waitMs).toBeGreaterThan(1_000);
    expect(waitMs).toBeLessThan(12_000);
    relay.refuseWith = undefined;
    dispatcher.clockAheadMs = 12_000;
    expect(await ended(id)).toMatchObject({ state: 'sent', attemptCount: 2, lastError: null });
    expect(relay.mails.map(({ messageId }) => messageId)).toEqual([`<${id}@mail.example.com>`]);
    expect(dispatcher.log.join('\n')).not.toMatch(/hunter22|later@example/);
  });

  it('is given up where the relay or Twilio refuses it for good', async () => {
    const mailRule = await confirmed(email('refused@example.com'));
    relay.refuseWith = 550;
    expect(await ended(await copyOf(mailRule.id))).toMatchObject({ state: 'failed', lastError: 'smtp_550' });
    const smsRule = await confirmed({ kind: 'sms', value: '+13125550143' });
    twilio.refuseWith = { status: 400, code: 21610 };
    expect(await ended(await copyOf(smsRule.id))).toMatchObject({ state: 'failed', lastError: 'sms_21610' });
    twilio.refuseWith = { status: 429, code: 20429 };
    const busy = await copyOf(smsRule.id);
    await until('it failed', async () => (await job(busy)).attemptCount === 1);
    expect(await job(busy)).toMatchObject({ state: 'pending', lastError: 'sms_20429' });
  });

  it('is sent though Redis forgot all, and once when two replicas look for it', async () => {
    const rule = await confirmed(email('flushed@example.com'));
    const other = await dispatcher.startReplica();
    await relay.stop();
    const ids = await Promise.all(Array.from({ length: 20 }, () => copyOf(rule.id)));
    await until('all failed once', async () =>
      (await Promise.all(ids.map(job))).every(({ attemptCount }) => attemptCount === 1),
    );
    expect((await job(ids[0] ?? '')).lastError).toBe('smtp_esocket');
    await dispatcher.messaging.commands.client.flushall();
    await relay.start();
    dispatcher.clockAheadMs = 12_000;
    for (const id of ids) expect(await ended(id)).toMatchObject({ state: 'sent', attemptCount: 2 });
    expect(new Set(relay.mails.map(({ messageId }) => messageId)).size).toBe(20);
    expect(relay.mails).toHaveLength(20);
    await dispatcher.stopReplica(other);
  });

  it('that a process died with is sent once its lease is over', async () => {
    const rule = await confirmed(email('lease@example.com'));
    const [id, inboundMessageId] = [uuidv7(), uuidv7()];
    contents.set(inboundMessageId, {});
    const leasedUntil = new Date(Date.now() + 45_000);
    await dispatcher.owner.prisma.forwardingJob.create({
      data: { id, workspaceId, ruleId: rule.id, inboundMessageId, nextAttemptAt: new Date(), leasedUntil },
    });
    const after = await copyOf(rule.id);
    await ended(after);
    expect((await job(id)).state).toBe('pending');
    dispatcher.clockAheadMs = 46_000;
    expect(await ended(id)).toMatchObject({ state: 'sent' });
  });
});

describe('seats named on a challenge', () => {
  const seat = async (fields: { email: string; forwardingNumber?: string }) => {
    const id = uuidv7();
    await dispatcher.owner.prisma.seat.create({ data: { id, workspaceId, ...fields } });
    return id;
  };
  const open = async (more: Record<string, unknown>) => {
    const challenge = newChallenge.parse({ credential_id: credentialId, factors: ['user'], ...more });
    return (await dispatcher.ask(openChallenge, workspaceId, { challenge, idempotency: null })).challenge.id;
  };
  const notices = (challengeId: string) => dispatcher.owner.prisma.forwardingJob.findMany({ where: { challengeId } });

  it('are told once each where to answer: by SMS who has a number, by e-mail who has none', async () => {
    const [byMail, bySms] = [
      await seat({ email: 'one@example.com' }),
      await seat({ email: 'two@example.com', forwardingNumber: '+13125550155' }),
    ];
    const id = await open({ seat_ids: [byMail, bySms, byMail], message: 'Please read the token.' });
    await until('all are told', async () => (await notices(id)).every(({ state }) => state === 'sent'));
    expect(await notices(id)).toHaveLength(2);
    const link = new RegExp(`https://otpost\\.example\\.com/code/${id}\\.[\\w-]{32}`);
    expect(relay.mails).toHaveLength(1);
    expect(relay.to('one@example.com')[0]?.text).toMatch(link);
    expect(relay.to('one@example.com')[0]?.text).toContain('Please read the token.');
    expect(twilio.sent).toEqual([expect.objectContaining({ to: '+13125550155' })]);
    expect(twilio.sent[0]?.body).toMatch(link);
    expect((await audited(id)).filter(({ action }) => action === 'challenge.seat_told')).toHaveLength(2);
    expect(dispatcher.log.join('\n')).not.toMatch(/\/code\/|Please read/);
  });

  it('are not told of a challenge that is over, nor of one that asks nobody', async () => {
    const seatId = await seat({ email: 'late@example.com' });
    relay.refuseWith = 451;
    const id = await open({ seat_ids: [seatId] });
    await until('it failed once', async () => (await notices(id))[0]?.attemptCount === 1);
    await dispatcher.ask(cancelChallenge, workspaceId, { id });
    relay.refuseWith = undefined;
    dispatcher.clockAheadMs = 12_000;
    await until('it ended', async () => (await notices(id))[0]?.state === 'dropped');
    expect((await notices(id))[0]).toMatchObject({ lastError: 'challenge_over' });
    expect(relay.mails).toEqual([]);
    expect(await notices(await open({ seat_ids: [seatId], factors: ['email'] }))).toEqual([]);
  });

  it('must be of the workspace', async () => {
    const refused = { code: 'validation_failed', fields: [expect.objectContaining({ path: 'seat_ids' })] };
    await expect(open({ seat_ids: [uuidv7()] })).rejects.toMatchObject(refused);
    const seatId = await seat({ email: 'one@example.com' });
    workspaceId = await dispatcher.makeWorkspace();
    await expect(open({ seat_ids: [seatId] })).rejects.toMatchObject(refused);
  });
});

describe('a deployment without a relay', () => {
  it('says which variable is missing', async () => {
    await dispatcher.stopReplica(replica);
    const { OTPOST_MAIL_FROM: _, OTPOST_SMS_FROM: __, ...rest } = dispatcher.moreEnvironment;
    dispatcher.moreEnvironment = rest;
    replica = await dispatcher.startReplica();
    const mail = create(email('human@example.com'));
    await expect(mail).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/set OTPOST_MAIL_FROM$/),
    });
    const sms = create({ kind: 'sms', value: '+13125550142' });
    await expect(sms).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/set OTPOST_SMS_FROM$/),
    });
  });
});
