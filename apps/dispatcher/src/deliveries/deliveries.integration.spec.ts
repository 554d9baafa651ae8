import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudCruise } from 'cloudcruise';
import { Webhook } from 'standardwebhooks';
import {
  createWebhookEndpoint,
  getDelivery,
  getWebhookEndpoint,
  listDeliveries,
  listEvents,
  recoverDeliveries,
  enableWebhookEndpoint,
  retryDelivery,
  type DeliveryView,
} from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { v7 as uuidv7 } from 'uuid';
import { Receiver, type Behaviour } from '../testing/receiver.js';
import { resolvedEvent, TestDispatcher, waitingEvent } from '../testing/test-dispatcher.js';

const day = 24 * 3_600_000;
const failing: Behaviour = (response) => response.writeHead(503).end('not now');
const cloudCruise = new CloudCruise({ apiKey: 'none', encryptionKey: '00'.repeat(32) });

describe('deliveries', () => {
  let dispatcher: TestDispatcher;
  let workspaceId: string;
  let receivers: Receiver[];

  beforeAll(async () => {
    dispatcher = await TestDispatcher.start();
  }, 60_000);
  afterAll(() => dispatcher.close(), 60_000);

  beforeEach(async () => {
    receivers = [];
    workspaceId = await dispatcher.makeWorkspace();
  });
  afterEach(async () => {
    dispatcher.clockAheadMs = 0;
    for (const receiver of receivers) await receiver.close();
  });

  async function receive(behaviour?: Behaviour): Promise<Receiver> {
    const receiver = await Receiver.start(behaviour);
    receivers.push(receiver);
    return receiver;
  }

  async function subscribe(
    receiver: Receiver,
    events?: ('challenge.resolved' | 'interaction.waiting' | 'endpoint.disabled')[],
  ) {
    const endpoint = { url: receiver.url, ...(events === undefined ? {} : { events }) };
    const created = await dispatcher.ask(createWebhookEndpoint, workspaceId, { endpoint, idempotency: null });
    return { id: created.endpoint.id, secret: created.endpoint.secret?.reveal() ?? '' };
  }

  async function deliveriesOf(endpointId: string): Promise<DeliveryView[]> {
    const filter = { endpoint_id: endpointId, event_id: null, state: null };
    const page = { cursor: null, limit: 200 };
    const { items } = await dispatcher.ask(listDeliveries, workspaceId, { filter, page });
    return items.toReversed();
  }

  async function theDelivery(endpointId: string): Promise<DeliveryView> {
    const [delivery] = await deliveriesOf(endpointId);
    if (delivery === undefined) throw new Error('there is no delivery');
    return delivery;
  }

  const endpointOf = (id: string) => dispatcher.ask(getWebhookEndpoint, workspaceId, { id });

  it('sends every event to whoever subscribed, signed in both ways, under the id of the event', async () => {
    const [everything, resolved, others] = [await receive(), await receive(), await receive()];
    const endpoint = await subscribe(everything);
    await subscribe(resolved, ['challenge.resolved']);
    await subscribe(others, ['endpoint.disabled']);
    const event = resolvedEvent();
    const [id] = await dispatcher.emit(workspaceId, [event], { metadata: { run: 7 } });
    await until('both have it', () => everything.received.length === 1 && resolved.received.length === 1);
    expect(others.received).toEqual([]);
    const [{ headers, text, body }] = everything.received as [(typeof everything.received)[number]];
    expect(body).toMatchObject({ event: event.type, payload: event.payload, metadata: { run: 7 } });
    expect(body.expires_at - body.timestamp).toBe(300);
    expect(headers['webhook-id']).toBe(id);
    expect(headers['content-type']).toBe('application/json');
    new Webhook(endpoint.secret).verify(text, headers as Record<string, string>);
    cloudCruise.webhook.verifySignature(text, headers['x-hmac-signature'] as string, endpoint.secret);
  });

  it('records the attempt with what was answered, and no log line has any of it', async () => {
    const receiver = await receive((response) => response.writeHead(201).end('canary-answer'));
    const { id, secret } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent('canary-session')]);
    await until('it is delivered', async () => (await deliveriesOf(id))[0]?.state === 'delivered');
    const delivery = await theDelivery(id);
    expect(delivery).toMatchObject({
      event: 'challenge.resolved',
      session_id: 'canary-session',
      attempt_count: 1,
      next_attempt_at: null,
    });
    expect(delivery.attempts).toEqual([
      expect.objectContaining({
        trigger: 'schedule',
        success: true,
        status: 201,
        error: null,
        response: 'canary-answer',
      }),
    ]);
    const log = dispatcher.log.join('\n');
    expect(log).toContain('webhooks.drained');
    for (const canary of ['canary-answer', 'canary-session', secret, secret.slice(6)])
      expect(log).not.toContain(canary);
  });

  it('tries eight times over 28 hours, signed anew each time under the same id, and then gives up', async () => {
    const receiver = await receive(failing);
    const { id, secret } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      await until(`attempt ${attempt}`, async () => (await deliveriesOf(id))[0]?.attempts.length === attempt);
      const { state, next_attempt_at } = await theDelivery(id);
      expect(state).toBe(attempt < 8 ? 'pending' : 'failed');
      if (next_attempt_at === null) break;
      const wait = Date.parse(next_attempt_at) - (Date.now() + dispatcher.clockAheadMs);
      waits.push(wait / 1_000);
      dispatcher.clockAheadMs += wait + 1;
    }
    expect(receiver.received).toHaveLength(8);
    expect(receiver.ids.size).toBe(1);
    [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].forEach((seconds, index) => {
      expect(waits[index]).toBeGreaterThan(seconds * 0.9 - 2);
      expect(waits[index]).toBeLessThan(seconds * 1.1);
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-signature'])).size).toBe(8);
    const last = receiver.received.at(-1);
    expect(last?.body.timestamp).toBeGreaterThan((Date.now() + day) / 1_000 - 60);
    cloudCruise.webhook.verifySignature(last?.text, last?.headers['x-hmac-signature'] as string, secret);
    expect((await theDelivery(id)).attempts.map(({ status, error }) => [status, error])).toEqual(
      Array(8).fill([503, 'http_status']),
    );
    expect((await endpointOf(id)).failing_since).not.toBeNull();
  });

  it('waits as long as Retry-After says', async () => {
    const receiver = await receive((response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it failed', async () => (await deliveriesOf(id))[0]?.attempts.length === 1);
    const wait = Date.parse((await theDelivery(id)).next_attempt_at ?? '') - Date.now();
    expect(wait).toBeGreaterThan(3_590_000);
    expect(wait).toBeLessThanOrEqual(3_600_000);
  });

  it('is well again after one success', async () => {
    const receiver = await receive(failing);
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it fails', async () => (await endpointOf(id)).failing_since !== null);
    receiver.behaviour = (response) => response.end();
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it is well', async () => (await endpointOf(id)).failing_since === null);
    dispatcher.clockAheadMs = 6_000;
    await until('all is delivered', async () => (await deliveriesOf(id)).every(({ state }) => state === 'delivered'));
  });

  it('disables an endpoint that says it is gone, keeps what was for it, and tells the others', async () => {
    const gone = await receive((response) => response.writeHead(410).end());
    const other = await receive();
    const { id } = await subscribe(gone, ['challenge.resolved', 'endpoint.disabled']);
    await subscribe(other, ['endpoint.disabled']);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('the other is told', () => other.received.length === 1);
    expect(other.received[0]?.body).toMatchObject({
      event: 'endpoint.disabled',
      payload: { endpoint_id: id, reason: 'gone' },
    });
    expect(await endpointOf(id)).toMatchObject({ status: 'disabled', disabled_reason: 'gone' });

    await dispatcher.emit(workspaceId, [resolvedEvent(), resolvedEvent()]);
    await until(
      'they are held',
      async () => (await deliveriesOf(id)).filter(({ state }) => state === 'held').length === 3,
    );
    expect(gone.received).toHaveLength(1);
    expect((await deliveriesOf(id)).map(({ event }) => event)).not.toContain('endpoint.disabled');

    const since = new Date(Date.now() - day).toISOString();
    const recover = () => dispatcher.ask(recoverDeliveries, workspaceId, { endpoint_id: id, since, idempotency: null });
    await expect(recover()).rejects.toMatchObject({ code: 'conflict' });
    gone.behaviour = (response) => response.end();
    expect(await dispatcher.ask(enableWebhookEndpoint, workspaceId, { id, idempotency: null })).toMatchObject({
      status: 'enabled',
      disabled_reason: null,
      failing_since: null,
    });
    expect(await recover()).toEqual({ recovered: 3 });
    await until('they are delivered', async () => (await deliveriesOf(id)).every(({ state }) => state === 'delivered'));
    expect(gone.ids.size).toBe(3);
  });

  it('disables an endpoint that failed for five days', async () => {
    const receiver = await receive(failing);
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it fails', async () => (await endpointOf(id)).failing_since !== null);
    dispatcher.clockAheadMs = 5 * day - 10_000;
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it failed again', () => receiver.received.length >= 3);
    expect((await endpointOf(id)).status).toBe('enabled');
    dispatcher.clockAheadMs = 5 * day + 10_000;
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it is disabled', async () => (await endpointOf(id)).status === 'disabled');
    expect((await endpointOf(id)).disabled_reason).toBe('failing');
    await until('all is held', async () => (await deliveriesOf(id)).every(({ state }) => state === 'held'));
    const page = { cursor: null, limit: 10 };
    const { items } = await dispatcher.ask(listEvents, workspaceId, {
      type: 'endpoint.disabled',
      session_id: null,
      page,
    });
    expect(items[0]?.payload).toMatchObject({ endpoint_id: id, reason: 'failing' });
  });

  it('does not ask again for an answer that nobody waits for any more', async () => {
    const challenge = async (status: 'pending' | 'resolved') => {
      const id = uuidv7();
      const now = new Date();
      await dispatcher.owner.prisma.challenge.create({
        data: {
          id,
          workspaceId,
          sessionId: 'run-1',
          schema: {},
          factors: ['user'],
          since: now,
          expiresAt: new Date(now.getTime() + 600_000),
          status,
          ...(status === 'pending' ? {} : { endedAt: now }),
        },
      });
      return id;
    };
    const receiver = await receive(failing);
    const { id } = await subscribe(receiver, ['interaction.waiting']);
    const [open, ended] = [await challenge('pending'), await challenge('resolved')];
    await dispatcher.emit(workspaceId, [waitingEvent(open), waitingEvent(ended)]);
    await until('both were tried', () => receiver.received.length === 2);
    await until('both failed', async () => (await deliveriesOf(id)).every(({ attempts }) => attempts.length === 1));
    dispatcher.clockAheadMs = 10_000;
    await until('one was tried again', () => receiver.received.length === 3);
    await until('one was dropped', async () => (await deliveriesOf(id)).some(({ state }) => state === 'dropped'));
    expect((await deliveriesOf(id)).map(({ state }) => state)).toEqual(['pending', 'dropped']);
    expect(receiver.received.at(-1)?.body.payload['challenge_id']).toBe(open);
  });

  it('retries one on request while the caller waits, once for an Idempotency-Key, and leaves a failure where it was', async () => {
    const receiver = await receive(failing);
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it failed', async () => (await deliveriesOf(id))[0]?.attempts.length === 1);
    const before = await theDelivery(id);
    const retry = (key: string | null) => {
      const idempotency = key === null ? null : { key, route: 'POST /x', body_hmac: '0'.repeat(64) };
      return dispatcher.ask(retryDelivery, workspaceId, { id: before.id, idempotency });
    };
    const failed = await retry(null);
    expect(failed).toMatchObject({ state: 'pending', attempt_count: 1, next_attempt_at: before.next_attempt_at });
    expect(failed.attempts.map(({ trigger }) => trigger)).toEqual(['schedule', 'retry']);

    receiver.behaviour = (response) => response.end('at last');
    const delivered = await retry('k1');
    expect(delivered).toMatchObject({ state: 'delivered', next_attempt_at: null });
    expect(delivered.attempts.at(-1)).toMatchObject({ trigger: 'retry', success: true, response: 'at last' });
    expect((await retry('k1')).attempts).toHaveLength(3);
    expect(receiver.received).toHaveLength(3);
    expect((await endpointOf(id)).failing_since).toBeNull();
  });

  it('keeps 1,024 bytes of an answer at most, whatever they are', async () => {
    const receiver = await receive((response) => response.writeHead(200).end(Buffer.alloc(50_000, 'é\0')));
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it is delivered', async () => (await deliveriesOf(id))[0]?.state === 'delivered');
    const { attempts } = await theDelivery(id);
    expect(Buffer.byteLength(attempts[0]?.response ?? '')).toBeGreaterThan(1_000);
    expect(Buffer.byteLength(attempts[0]?.response ?? '')).toBeLessThanOrEqual(1_024);
  });

  it('shows nothing of one workspace to another', async () => {
    const receiver = await receive();
    const { id } = await subscribe(receiver);
    await dispatcher.emit(workspaceId, [resolvedEvent()]);
    await until('it is delivered', async () => (await deliveriesOf(id))[0]?.state === 'delivered');
    const delivery = await theDelivery(id);
    const elsewhere = await dispatcher.makeWorkspace();
    await expect(dispatcher.ask(getDelivery, elsewhere, { id: delivery.id })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(dispatcher.ask(getWebhookEndpoint, elsewhere, { id })).rejects.toMatchObject({ code: 'not_found' });
    const retrying = dispatcher.ask(retryDelivery, elsewhere, { id: delivery.id, idempotency: null });
    await expect(retrying).rejects.toMatchObject({ code: 'not_found' });
    expect(receiver.received).toHaveLength(1);
  });
});
