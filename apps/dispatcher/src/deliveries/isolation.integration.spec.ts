import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWebhookEndpoint, fanOutEvents } from '@otpost/contracts';
import { until } from '@otpost/messaging/testing';
import { v7 as uuidv7 } from 'uuid';
import { Receiver, type Behaviour } from '../testing/receiver.js';
import { resolvedEvent, TestDispatcher, waitingEvent } from '../testing/test-dispatcher.js';

const queued = 10_000;
const probes = 20;

describe('isolation', () => {
  let dispatcher: TestDispatcher;
  let healthy: Receiver;
  const deadOnes: Receiver[] = [];

  beforeAll(async () => {
    dispatcher = await TestDispatcher.start();
    healthy = await Receiver.start();
  }, 60_000);
  afterAll(async () => {
    // First, so that nothing hangs on them.
    for (const dead of deadOnes) await dead.close();
    await dispatcher.close();
    await healthy.close();
  }, 60_000);

  async function subscribe(
    workspaceId: string,
    url: string,
    events: ('challenge.resolved' | 'interaction.waiting')[],
  ): Promise<string> {
    const { endpoint } = await dispatcher.ask(createWebhookEndpoint, workspaceId, {
      endpoint: { url, events },
      idempotency: null,
    });
    return endpoint.id;
  }

  async function dead(behaviour: Behaviour): Promise<Receiver> {
    const receiver = await Receiver.start(behaviour);
    deadOnes.push(receiver);
    return receiver;
  }

  /** As many events as one statement makes. */
  async function queue(workspaceId: string, count: number): Promise<void> {
    const { type, payload } = resolvedEvent();
    await dispatcher.owner.prisma.event.createMany({
      data: Array.from({ length: count }, () => ({ id: uuidv7(), workspaceId, type, payload })),
    });
    await dispatcher.queues.add(fanOutEvents, { workspace_id: workspaceId });
  }

  /**
   * Milliseconds from an event to its arrival at the healthy endpoint, the longest of some. A stall of the machine is in one round of them, one
   * for another endpoint's sake in each.
   */
  async function longestDelay(workspaceId: string): Promise<number> {
    const rounds: number[] = [];
    while (rounds.length < 3 && (rounds.at(-1) ?? Infinity) >= 1_000) rounds.push(await oneRound(workspaceId));
    return Math.min(...rounds);
  }

  async function oneRound(workspaceId: string): Promise<number> {
    let longest = 0;
    for (let probe = 0; probe < probes; probe += 1) {
      const before = healthy.received.length;
      const emitted = performance.now();
      await dispatcher.emit(workspaceId, [waitingEvent(uuidv7())]);
      await until('it arrived', () => healthy.received.length > before, 20_000);
      longest = Math.max(longest, performance.now() - emitted);
    }
    return longest;
  }

  it.each([
    ['never answers', () => undefined],
    ['fails at once', (response) => void response.writeHead(500).end()],
  ] satisfies [string, Behaviour][])(
    'delays a healthy endpoint by less than a second while 10,000 deliveries wait for one that %s',
    async (_, behaviour) => {
      const workspaceId = await dispatcher.makeWorkspace();
      const receiver = await dead(behaviour);
      const deadId = await subscribe(workspaceId, receiver.url, ['challenge.resolved']);
      await subscribe(workspaceId, healthy.url, ['interaction.waiting']);
      await queue(workspaceId, queued);
      const waiting = () => dispatcher.owner.prisma.delivery.count({ where: { endpointId: deadId } });
      await until('they are queued', async () => (await waiting()) === queued, 30_000);
      await until('it is tried', () => receiver.received.length > 0, 20_000);
      expect(await longestDelay(workspaceId)).toBeLessThan(1_000);
      expect(receiver.mostInFlight).toBeLessThanOrEqual(32);
    },
    180_000,
  );

  it('delays no healthy endpoint behind a hundred that never answer', async () => {
    const workspaceId = await dispatcher.makeWorkspace();
    const elsewhere = await dispatcher.makeWorkspace();
    const receiver = await dead(() => undefined);
    for (let n = 0; n < 95; n += 1) await subscribe(workspaceId, receiver.url, ['challenge.resolved']);
    await subscribe(elsewhere, healthy.url, ['interaction.waiting']);
    await queue(workspaceId, 20);
    await until('all of them are tried', () => receiver.inFlight >= 95, 30_000);
    expect(await longestDelay(elsewhere)).toBeLessThan(1_000);
  }, 180_000);
});
