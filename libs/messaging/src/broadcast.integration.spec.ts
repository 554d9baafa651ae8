import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineBroadcast } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { z } from 'zod';
import { Broadcast, Messaging, type MessagingOptions } from './index.js';
import { RedisServer } from './testing/redis-server.js';
import { until } from './testing/until.js';

const changed = defineBroadcast('gateway.test-changed', z.object({ id: z.uuid() }));
const other = defineBroadcast('gateway.test-other', z.object({ id: z.uuid() }));

describe('a broadcast', () => {
  let redis: RedisServer;
  let options: MessagingOptions;
  const opened: [Broadcast, Messaging][] = [];

  /** One process. */
  const open = (overrides: Partial<MessagingOptions> = {}): Broadcast => {
    const messaging = new Messaging({ ...options, ...overrides });
    const broadcast = new Broadcast(messaging);
    opened.push([broadcast, messaging]);
    return broadcast;
  };

  /** Listens and waits until it hears. */
  const listen = async (broadcast: Broadcast, topic = changed) => {
    const heard: string[] = [];
    let gaps = 0;
    const subscription = broadcast.subscribe(
      topic,
      ({ id }) => heard.push(id),
      () => void (gaps += 1),
    );
    await until('it is live', () => subscription.isLive);
    return { heard, subscription, gaps: () => gaps };
  };

  /** Repeats until Redis is there to take it. */
  const publish = (broadcast: Broadcast, id: string, topic = changed) =>
    until('it is published', () =>
      broadcast.publish(topic, { id }).then(
        () => true,
        () => false,
      ),
    );

  beforeAll(async () => {
    redis = await RedisServer.start();
    options = {
      redisUrl: new Secret(redis.url),
      transportKey: new Secret(randomBytes(32).toString('hex')),
      logger: createLogger({ service: 'gateway', replica: 'test', level: 'silent' }),
    };
  });

  afterAll(async () => {
    for (const [broadcast, messaging] of opened) {
      broadcast.close();
      messaging.close();
    }
    await redis.remove();
  });

  it('reaches every process that listens to its topic, and no other topic', async () => {
    const [one, two, three] = [await listen(open()), await listen(open()), await listen(open(), other)];
    const id = randomUUID();
    await publish(open(), id);
    await until('both heard', () => one.heard.includes(id) && two.heard.includes(id));
    expect(three.heard).toEqual([]);
  });

  it('reaches every listener of one process, until it stops', async () => {
    const process = open();
    const [one, two] = [await listen(process), await listen(process)];
    const [first, second] = [randomUUID(), randomUUID()];
    await publish(process, first);
    await until('both heard', () => one.heard.includes(first) && two.heard.includes(first));
    await one.subscription.close();
    await publish(process, second);
    await until('the other heard', () => two.heard.includes(second));
    expect(one.heard).toEqual([first]);
  });

  it('from outside the deployment, or made up, is not heard', async () => {
    const { heard } = await listen(open());
    const stranger = open({ transportKey: new Secret(randomBytes(32).toString('hex')) });
    await publish(stranger, randomUUID());
    const client = redis.client();
    await client.publish('otpost:broadcast:gateway.test-changed', JSON.stringify({ id: randomUUID() }));
    client.disconnect();
    const id = randomUUID();
    await publish(open(), id);
    await until('the real one is heard', () => heard.length > 0);
    expect(heard).toEqual([id]);
  });

  it('is not missed silently: who listens is told when the connection is lost, and when it is back', async () => {
    const process = open();
    const { heard, subscription, gaps } = await listen(process);
    const before = gaps();
    await redis.stop('SIGKILL');
    await until('the gap is told', () => gaps() === before + 1 && !subscription.isLive);
    await expect(open().publish(changed, { id: randomUUID() })).rejects.toMatchObject({ code: 'unavailable' });
    await redis.start();
    await until('its end is told', () => gaps() === before + 2 && subscription.isLive);
    const id = randomUUID();
    await publish(process, id);
    await until('it is heard again', () => heard.includes(id));
  });
});
