import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  changeWebhookEndpoint,
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  enableWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookEndpoints,
  rotateWebhookSecret,
  testWebhookEndpoint,
} from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { v7 as uuidv7 } from 'uuid';
import { Receiver, type Received } from '../testing/receiver.js';
import { resolvedEvent, TestDispatcher } from '../testing/test-dispatcher.js';

const key = (name: string, body = '0') => ({
  key: name,
  route: 'POST /v1/webhook-endpoints',
  body_hmac: body.repeat(64),
});

describe('webhook endpoints', () => {
  let dispatcher: TestDispatcher;
  let receiver: Receiver;
  let workspaceId: string;

  beforeAll(async () => {
    dispatcher = await TestDispatcher.start();
    receiver = await Receiver.start();
  }, 60_000);
  afterAll(async () => {
    await dispatcher.close();
    await receiver.close();
  }, 60_000);
  beforeEach(async () => {
    dispatcher.clockAheadMs = 0;
    receiver.received.length = 0;
    receiver.behaviour = (response) => response.end();
    workspaceId = await dispatcher.makeWorkspace();
  });

  async function create(fields: Record<string, unknown> = {}, idempotency: ReturnType<typeof key> | null = null) {
    const { endpoint, status } = await dispatcher.ask(createWebhookEndpoint, workspaceId, {
      endpoint: { url: receiver.url, ...fields },
      idempotency,
    });
    return { ...endpoint, secret: endpoint.secret?.reveal() ?? null, http: status };
  }

  const read = (id: string) => dispatcher.ask(getWebhookEndpoint, workspaceId, { id });
  const rotate = async (id: string, overlap_seconds: number, idempotency: ReturnType<typeof key> | null = null) => {
    const { secret } = await dispatcher.ask(rotateWebhookSecret, workspaceId, { id, overlap_seconds, idempotency });
    return secret?.reveal() ?? null;
  };

  async function nextWebhook(): Promise<Received> {
    const before = receiver.received.length;
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it came', () => receiver.received.length > before);
    return receiver.received.at(-1) as Received;
  }

  function verifies({ text, headers }: Received, secret: string | null): boolean {
    try {
      new Webhook(secret ?? '').verify(text, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }

  it('is made with a secret that is shown once, listed and read without it', async () => {
    const created = await create({ events: ['code.received', 'code.received'], description: 'mine' });
    expect(created).toMatchObject({
      http: 201,
      url: receiver.url,
      events: ['code.received'],
      description: 'mine',
      status: 'enabled',
    });
    expect(created.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const listed = await dispatcher.ask(listWebhookEndpoints, workspaceId, { page: { cursor: null, limit: 50 } });
    expect(listed).toEqual({ items: [await read(created.id)], next_cursor: null });
    expect(JSON.stringify(listed)).not.toContain('secret"');
    const row = await dispatcher.owner.prisma.webhookEndpoint.findUniqueOrThrow({ where: { id: created.id } });
    expect(row.dataKeyId).not.toBe('');
  });

  it.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'https://user:pw@example.com/',
    'ftp://example.com/',
    'http://[::1]/',
  ])('is not made for %s', async (url) => {
    await expect(create({ url })).rejects.toMatchObject({ code: 'validation_failed', fields: [{ path: 'url' }] });
  });

  it('is made once for an Idempotency-Key, and shows its secret again for ten minutes', async () => {
    const first = await create({}, key('k'));
    expect(await create({}, key('k'))).toEqual(first);
    await expect(create({}, key('k', '1'))).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    dispatcher.clockAheadMs = 10 * 60_000 + 1_000;
    expect(await create({}, key('k'))).toEqual({ ...first, secret: null });
    const { items } = await dispatcher.ask(listWebhookEndpoints, workspaceId, { page: { cursor: null, limit: 50 } });
    expect(items).toHaveLength(1);
  });

  it('changes only in what is named, and forgets that it failed elsewhere', async () => {
    const { id } = await create({ events: ['code.received'] });
    await dispatcher.owner.prisma.webhookEndpoint.update({ where: { id }, data: { failingSince: new Date() } });
    const change = { url: `${receiver.url}/other` };
    expect(await dispatcher.ask(changeWebhookEndpoint, workspaceId, { id, change })).toMatchObject({
      ...change,
      events: ['code.received'],
      failing_since: null,
    });
    const refused = dispatcher.ask(changeWebhookEndpoint, workspaceId, {
      id,
      change: { url: 'http://127.0.0.1@10.0.0.1/' },
    });
    await expect(refused).rejects.toMatchObject({ code: 'validation_failed' });
    const unknown = dispatcher.ask(changeWebhookEndpoint, workspaceId, { id: uuidv7(), change: {} });
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' });
  });

  it('can be switched off and on', async () => {
    const { id } = await create();
    const off = await dispatcher.ask(changeWebhookEndpoint, workspaceId, { id, change: { status: 'disabled' } });
    expect(off).toMatchObject({ status: 'disabled', disabled_reason: 'requested' });
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    const states = async () =>
      (await dispatcher.owner.prisma.delivery.findMany({ where: { endpointId: id } })).map(({ state }) => state);
    await until('it is held', async () => (await states()).includes('held'));
    expect(await dispatcher.ask(enableWebhookEndpoint, workspaceId, { id, idempotency: null })).toMatchObject({
      status: 'enabled',
    });
    await nextWebhook();
    await until('the rest is held still', async () => (await states()).toSorted().join() === 'delivered,held');
  });

  it('takes its deliveries along when it is deleted, also those under way', async () => {
    const { id } = await create();
    const answers: (() => void)[] = [];
    receiver.behaviour = (response) => void answers.push(() => response.end());
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it is under way', () => answers.length === 1);
    await dispatcher.ask(deleteWebhookEndpoint, workspaceId, { id });
    answers[0]?.();
    await expect(dispatcher.ask(deleteWebhookEndpoint, workspaceId, { id })).rejects.toMatchObject({
      code: 'not_found',
    });
    await until('the drain has ended', () =>
      dispatcher.log.some((line) => line.includes(id) && line.includes('webhooks.drained')),
    );
    expect(await dispatcher.owner.prisma.delivery.count({ where: { endpointId: id } })).toBe(0);
    expect(dispatcher.log.filter((line) => line.includes('job.failed'))).toEqual([]);
  });

  it('signs with both secrets during a rotation, then with the new one alone', async () => {
    const { id, secret: old } = await create();
    const renewed = await rotate(id, 86_400);
    expect(renewed).not.toBe(old);
    const during = await nextWebhook();
    expect([verifies(during, old), verifies(during, renewed)]).toEqual([true, true]);
    expect(Date.parse((await read(id)).previous_secret_until ?? '')).toBeGreaterThan(Date.now() + 86_000_000);
    dispatcher.clockAheadMs = 86_400_000 + 1_000;
    const after = await nextWebhook();
    // The receiver's clock is not ahead: only the signatures are compared.
    expect(String(after.headers['webhook-signature']).split(' ')).toHaveLength(1);
    expect(String(during.headers['webhook-signature']).split(' ')).toHaveLength(2);
  });

  it('stops signing with a secret at once when there is no overlap', async () => {
    const { id, secret: old } = await create();
    await nextWebhook();
    const renewed = await rotate(id, 0);
    const webhook = await nextWebhook();
    expect([verifies(webhook, old), verifies(webhook, renewed)]).toEqual([false, true]);
  });

  it('rotates once for an Idempotency-Key, whatever happens at the same time', async () => {
    const { id } = await create();
    const renewed = await rotate(id, 60, key('r'));
    expect(await rotate(id, 60, key('r'))).toBe(renewed);
    const [one, other] = await Promise.all([rotate(id, 60), rotate(id, 60)]);
    const webhook = await nextWebhook();
    // One came after the other: the last two secrets sign.
    expect([verifies(webhook, one), verifies(webhook, other), verifies(webhook, renewed)]).toEqual([true, true, false]);
  });

  it('is tested while the caller waits, enabled or not, once for an Idempotency-Key', async () => {
    const { id } = await create({ events: ['code.received'] });
    await dispatcher.ask(changeWebhookEndpoint, workspaceId, { id, change: { status: 'disabled' } });
    receiver.behaviour = (response) => response.writeHead(418).end('teapot');
    const test = () => dispatcher.ask(testWebhookEndpoint, workspaceId, { id, idempotency: key('t') });
    const tested = await test();
    expect(tested).toMatchObject({ event: 'endpoint.test', endpoint_id: id, state: 'failed', next_attempt_at: null });
    expect(tested.attempts).toEqual([
      expect.objectContaining({
        trigger: 'test',
        success: false,
        status: 418,
        error: 'http_status',
        response: 'teapot',
      }),
    ]);
    expect(await test()).toEqual(tested);
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.body).toMatchObject({ event: 'endpoint.test', payload: { endpoint_id: id } });
  });

  it('leaves an audit entry for everything that was done to it', async () => {
    const { id } = await create();
    await dispatcher.ask(changeWebhookEndpoint, workspaceId, { id, change: { description: 'x' } });
    await rotate(id, 60);
    await dispatcher.ask(testWebhookEndpoint, workspaceId, { id, idempotency: null });
    await dispatcher.ask(enableWebhookEndpoint, workspaceId, { id, idempotency: null });
    await dispatcher.ask(deleteWebhookEndpoint, workspaceId, { id });
    const entries = await dispatcher.owner.prisma.auditEntry.findMany({
      where: { workspaceId, resourceId: id },
      orderBy: { id: 'asc' },
    });
    expect(entries.map(({ action }) => action.replace('webhook_endpoint.', ''))).toEqual([
      'created',
      'changed',
      'secret_rotated',
      'tested',
      'enabled',
      'deleted',
    ]);
    expect(entries[0]).toMatchObject({ actorKind: 'api_key', actorId: 'key1', ip: '192.0.2.7', requestId: 'spec' });
  });

  it('is refused beyond a hundred', async () => {
    const { id } = await create();
    const { id: _, ...row } = await dispatcher.owner.prisma.webhookEndpoint.findUniqueOrThrow({ where: { id } });
    const data = Array.from({ length: 99 }, () => ({ ...row, id: uuidv7() }));
    await dispatcher.owner.prisma.webhookEndpoint.createMany({ data });
    await expect(create()).rejects.toMatchObject({ code: 'conflict' });
  });
});
