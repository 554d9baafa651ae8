import { afterEach, expect, it } from '@jest/globals';
import { parseRedisUrl } from '@otpost/platform';
import { openRedis, type RedisClient } from './open-redis.js';
import { RedisServer } from './testing/redis-server.js';
import { until } from './testing/until.js';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startServer(cluster: boolean): Promise<RedisServer> {
  const server = await RedisServer.start({ cluster });
  ends.push(() => server.remove());
  return server;
}

function open(url: string, isSubscriber = false): RedisClient {
  const client = openRedis(parseRedisUrl(url), { maxRetriesPerRequest: null, resends: false, isSubscriber });
  client.on('error', () => undefined);
  ends.push(() => client.disconnect());
  return client;
}

it('connects anew where the master is a replica now, as after a fail-over behind one name', async () => {
  const server = await startServer(false);
  const client = open(server.url);
  const operator = server.client();
  ends.push(() => operator.disconnect());
  const first = await client.client('ID');
  await operator.call('REPLICAOF', '127.0.0.1', '1');
  await expect(client.set('key', 'value')).rejects.toThrow('READONLY');
  await operator.call('REPLICAOF', 'NO', 'ONE');
  await until('a new connection', async () => (await client.client('ID').catch(() => first)) !== first);
  expect(await client.set('key', 'value')).toBe('OK');
});

it('subscribes to any node of a cluster that is there, and tells when that one is lost', async () => {
  const server = await startServer(true);
  const client = open(`redis+cluster://127.0.0.1:1,127.0.0.1:${server.port}`, true);
  const messages: string[] = [];
  client.on('message', (_channel: string, message: string) => messages.push(message));
  await client.subscribe('channel');
  const publisher = open(`redis+cluster://127.0.0.1:${server.port}`);
  await publisher.publish('channel', 'hello');
  await until('the message', () => messages.includes('hello'));
  let lost = false;
  client.once('close', () => (lost = true));
  await server.stop('SIGKILL');
  await until('the loss', () => lost);
});
