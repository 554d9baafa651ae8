import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createWebhookEndpoint, listSessionWebhooks, replaySession, type EventType } from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { v7 as uuidv7 } from 'uuid';
import { Receiver } from '../testing/receiver.js';
import { resolvedEvent, TestDispatcher, waitingEvent } from '../testing/test-dispatcher.js';

describe('webhooks of a session', () => {
  let dispatcher: TestDispatcher;
  let receiver: Receiver;
  let workspaceId: string;

  beforeAll(async () => {
    dispatcher = await TestDispatcher.start();
  }, 60_000);
  afterAll(() => dispatcher.close(), 60_000);
  beforeEach(async () => {
    dispatcher.clockAheadMs = 0;
    receiver = await Receiver.start((response) => response.end('ok'));
    workspaceId = await dispatcher.makeWorkspace();
  });

  afterEach(() => receiver.close());

  async function subscribe(events: EventType[] = []): Promise<string> {
    const created = await dispatcher.ask(createWebhookEndpoint, workspaceId, {
      endpoint: { url: receiver.url, events },
      idempotency: null,
    });
    return created.endpoint.id;
  }

  const log = async (session_id: string) =>
    (await dispatcher.ask(listSessionWebhooks, workspaceId, { session_id })).webhook_events;
  const replay = (session_id: string) => dispatcher.ask(replaySession, workspaceId, { session_id });

  it('are logged as the clients of CloudCruise know it', async () => {
    await subscribe();
    receiver.behaviour = (response) => response.writeHead(500).end();
    const waiting = waitingEvent(uuidv7(), 's1');
    await dispatcher.emit(workspaceId, [waiting, resolvedEvent('s2')], { metadata: { run: 1 } });
    await until('it was tried', async () => (await log('s1'))[0]?.delivery_errors.length === 1);
    expect(await log('s1')).toEqual([
      {
        created_at: expect.any(String),
        workflow_id: 'workflow-1',
        session_id: 's1',
        url: receiver.url,
        delivered: false,
        delivery_errors: ['http_status 500'],
        duration: expect.any(Number),
        retries: 0,
        message: expect.objectContaining({
          event: 'interaction.waiting',
          payload: { ...waiting.payload, page_url: null },
          metadata: { run: 1 },
        }),
      },
    ]);
  });

  it('are replayed while the caller waits: all of its events, signed anew with a fresh expires_at', async () => {
    await subscribe();
    const ids = await dispatcher.emit(workspaceId, [resolvedEvent('s1'), resolvedEvent('s1')]);
    await dispatcher.emit(workspaceId, [resolvedEvent('s2')]);
    const delivered = async () =>
      [...(await log('s1')), ...(await log('s2'))].filter((entry) => entry.delivered).length;
    await until('all are delivered', async () => (await delivered()) === 3);
    dispatcher.clockAheadMs = 600_000;
    expect(await replay('s1')).toEqual({
      status: 'success',
      info: '2 of 2 webhooks were delivered',
      nr_success: 2,
      nr_failed: 0,
      webhook_events: [
        { success: true, response: 'ok', error: '' },
        { success: true, response: 'ok', error: '' },
      ],
    });
    const replayed = receiver.received.slice(3);
    expect(replayed.map(({ headers }) => headers['webhook-id']).toSorted()).toEqual(ids.toSorted());
    for (const { body } of replayed) expect(body.expires_at).toBeGreaterThan(Date.now() / 1_000 + 800);
  });

  it('reach an endpoint that was made later, and not one that did not ask for them', async () => {
    await dispatcher.emit(workspaceId, [resolvedEvent('s1')]);
    await subscribe(['interaction.waiting']);
    const later = await subscribe(['challenge.resolved']);
    expect(await replay('s1')).toMatchObject({ status: 'success', nr_success: 1 });
    expect((await log('s1')).map(({ delivered }) => delivered)).toEqual([true]);
    expect(await dispatcher.owner.prisma.delivery.count({ where: { endpointId: later, state: 'delivered' } })).toBe(1);
  });

  it('tell what went wrong, and leave the schedule as it was', async () => {
    const id = await subscribe();
    receiver.behaviour = (response) => response.writeHead(503).end('busy');
    await dispatcher.emit(workspaceId, [resolvedEvent('s1')]);
    await until('it was tried', async () => (await log('s1'))[0]?.delivery_errors.length === 1);
    const before = await dispatcher.owner.prisma.delivery.findFirstOrThrow({ where: { endpointId: id } });
    expect(await replay('s1')).toEqual({
      status: 'failed',
      info: '0 of 1 webhooks were delivered',
      nr_success: 0,
      nr_failed: 1,
      webhook_events: [{ success: false, response: 'busy', error: 'http_status 503' }],
    });
    expect(await dispatcher.owner.prisma.delivery.findFirstOrThrow({ where: { endpointId: id } })).toEqual(before);
  });

  it('are of a session that is known, and of this workspace', async () => {
    await dispatcher.emit(workspaceId, [resolvedEvent('s1')]);
    expect(await replay('s1')).toMatchObject({ status: 'success', info: 'nothing to send', webhook_events: [] });
    await expect(replay('s2')).rejects.toMatchObject({ code: 'not_found' });
    await expect(log('s2')).rejects.toMatchObject({ code: 'not_found' });
    workspaceId = await dispatcher.makeWorkspace();
    await expect(replay('s1')).rejects.toMatchObject({ code: 'not_found' });
  });
});
