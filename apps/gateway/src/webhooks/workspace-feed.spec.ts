import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '@otpost/contracts';
import { EventStream, type StreamItem } from './event-stream.js';
import { item } from './testing/stream-item.js';
import { WorkspaceFeed, type ReadStream } from './workspace-feed.js';

/** A workspace's stream as the dispatcher has it. */
class Dispatcher {
  readonly items: StreamItem[] = [];
  reads = 0;
  isAway = false;
  /** Resolves after some turns of the event loop, as an answer over the network does. */
  turns = 1;

  append(clientId: string | null = null): void {
    this.items.push(item(this.items.length + 1, clientId));
  }

  readonly read: ReadStream = async ({ after, client_id, limit }) => {
    this.reads += 1;
    if (this.isAway) throw new AppError('unavailable', 'away');
    const end = this.items.length;
    const found = this.items
      .filter(({ position }) => position > (after ?? end))
      .filter((one) => client_id === null || one.client_id === null || one.client_id === client_id);
    const page = found.slice(0, limit);
    for (let n = 0; n < this.turns; n += 1) await turn();
    return found.length > limit
      ? { items: page, position: page.at(-1)?.position ?? end, is_complete: false }
      : { items: page, position: end, is_complete: true };
  };
}

/** A stream whose client reads at once, and what it read. */
class Client {
  readonly seen: number[] = [];
  readonly stream: EventStream;

  constructor(clientId: string, position: number) {
    this.stream = new EventStream(clientId, 'key', position);
    this.stream.on('data', (chunk: Buffer) => {
      for (const [, id] of chunk.toString().matchAll(/^id: (\d+)$/gm)) this.seen.push(Number(id));
    });
  }
}

async function settle(turns = 30): Promise<void> {
  for (let n = 0; n < turns; n += 1) await turn();
}

describe('WorkspaceFeed', () => {
  it('reads news once for all streams', async () => {
    const dispatcher = new Dispatcher();
    const feed = new WorkspaceFeed(dispatcher.read, () => undefined);
    const clients = Array.from({ length: 50 }, (_, n) => new Client(`c${n}`, 0));
    await Promise.all(clients.map(({ stream }) => feed.add(stream)));
    const reads = dispatcher.reads;
    dispatcher.append();
    dispatcher.append('c7');
    feed.wake(2);
    await settle();
    expect(dispatcher.reads - reads).toBeLessThanOrEqual(2);
    clients.forEach(({ seen }, n) => expect(seen).toEqual(n === 7 ? [1, 2] : [1]));
  });

  it('brings a stream up to date from where it was, without keeping the others waiting', async () => {
    const dispatcher = new Dispatcher();
    for (let n = 0; n < 1_000; n += 1) dispatcher.append(n % 2 === 0 ? 'old' : 'other');
    const feed = new WorkspaceFeed(dispatcher.read, () => undefined);
    const live = new Client('live', 1_000);
    await feed.add(live.stream);
    const old = new Client('old', 10);
    const catchingUp = feed.add(old.stream);
    dispatcher.append();
    feed.wake(1_001);
    await settle(5);
    expect(live.seen).toEqual([1_001]);
    await catchingUp;
    await settle();
    expect(old.seen).toEqual([...Array.from({ length: 495 }, (_, n) => 11 + 2 * n), 1_001]);
  });

  it('reads on when it is told that word may have been lost', async () => {
    const dispatcher = new Dispatcher();
    const feed = new WorkspaceFeed(dispatcher.read, () => undefined);
    const client = new Client('c', 0);
    await feed.add(client.stream);
    dispatcher.append();
    dispatcher.isAway = true;
    feed.wake(1);
    await settle();
    expect(client.seen).toEqual([]);
    dispatcher.isAway = false;
    feed.wake();
    await settle();
    expect(client.seen).toEqual([1]);
  });

  it('says when it serves nobody any more, and not while somebody is coming', async () => {
    const dispatcher = new Dispatcher();
    let idle = 0;
    const feed = new WorkspaceFeed(dispatcher.read, () => (idle += 1));
    const [first, second] = [new Client('a', 0), new Client('b', 0)];
    await feed.add(first.stream);
    const coming = feed.add(second.stream);
    first.stream.destroy();
    await settle(1);
    expect(idle).toBe(0);
    await coming;
    second.stream.destroy();
    await settle();
    expect(idle).toBe(1);
    dispatcher.isAway = true;
    await expect(feed.add(new Client('c', 0).stream)).rejects.toMatchObject({ code: 'unavailable' });
    expect(idle).toBe(2);
  });

  it('gives each stream every event that is for it once and in order, however events, streams and answers interleave', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), client: fc.constantFrom(null, 'a', 'b') }),
      fc.record({ do: fc.constant('wake' as const) }),
      fc.record({
        do: fc.constant('join' as const),
        client: fc.constantFrom('a', 'b'),
        back: fc.integer({ min: 0, max: 30 }),
      }),
      fc.record({ do: fc.constant('leave' as const) }),
      fc.record({ do: fc.constant('turn' as const) }),
      fc.record({ do: fc.constant('slow' as const), turns: fc.integer({ min: 0, max: 5 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const dispatcher = new Dispatcher();
        const feed = new WorkspaceFeed(dispatcher.read, () => undefined);
        const clients: { client: Client; from: number }[] = [];
        for (const one of steps) {
          if (one.do === 'append') dispatcher.append(one.client);
          if (one.do === 'wake') feed.wake(dispatcher.items.length);
          if (one.do === 'slow') dispatcher.turns = one.turns;
          if (one.do === 'turn') await turn();
          if (one.do === 'leave') clients.shift()?.client.stream.destroy();
          if (one.do === 'join') {
            const from = Math.max(0, dispatcher.items.length - one.back);
            const client = new Client(one.client, from);
            clients.push({ client, from });
            void feed.add(client.stream);
          }
        }
        await settle(100);
        feed.wake();
        await settle(20);
        for (const { client, from } of clients) {
          const meant = dispatcher.items.filter(
            ({ position, client_id }) =>
              position > from && (client_id === null || client_id === client.stream.clientId),
          );
          expect(client.seen).toEqual(meant.map(({ position }) => position));
        }
      }),
      { numRuns: 100 },
    );
  });
});
