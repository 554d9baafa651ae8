import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Messaging } from '@otpost/messaging';
import { RedisServer } from '@otpost/messaging/testing';
import { SignInThrottle } from './sign-in-throttle.js';

describe('the pauses between tries to sign in', () => {
  let redis: RedisServer;
  let client: Redis;
  let throttle: SignInThrottle;
  let made = 0;

  beforeAll(async () => {
    redis = await RedisServer.start();
    client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
    throttle = new SignInThrottle({ commands: { client } } as unknown as Messaging, 'spec');
  });
  afterAll(async () => {
    client.disconnect();
    await redis.remove();
  });

  const someIp = () => `192.0.2.${(made += 1)}`;
  const someSeat = () => ({ workspaceId: 'w', name: `seat${(made += 1)}@example.com` });
  const wrong = () => Promise.reject(new Error('wrong'));
  const right = () => Promise.resolve('in');
  const messageOf = (tried: Promise<unknown>) => tried.then(String, (error: Error) => error.message);
  /** As if that time had passed. */
  const wait = async (ms: number) => {
    for (const key of await client.keys('spec:sign-in:*')) {
      const until = Number(await client.hget(key, 'paused_until'));
      await client.hset(key, 'paused_until', Math.max(0, until - ms));
    }
  };

  it('begin with the fifth wrong try for a seat, from wherever, and grow to a quarter of an hour', async () => {
    const seat = someSeat();
    const tryIt = () => messageOf(throttle.run(someIp(), seat, wrong));
    for (let tried = 0; tried < 5; tried += 1) expect(await tryIt()).toBe('wrong');
    expect(await tryIt()).toMatch(/^too many tries: wait 1[45] seconds$/);
    await expect(throttle.run(someIp(), { ...seat, name: ` ${seat.name.toUpperCase()}` }, right)).rejects.toMatchObject(
      {
        code: 'rate_limited',
      },
    );
    await wait(15_000);
    expect(await tryIt()).toBe('wrong');
    expect(await tryIt()).toMatch(/wait (29|30) seconds$/);
    for (let tried = 0; tried < 8; tried += 1) {
      await wait(900_000);
      expect(await tryIt()).toBe('wrong');
    }
    expect(await tryIt()).toMatch(/wait 15 minutes$/);
    await expect(throttle.run(someIp(), someSeat(), right)).resolves.toBe('in');
  });

  it('are those of one seat, whichever way its workspace is written', async () => {
    const { name } = someSeat();
    const workspaces = ['ab', 'AB', 'aB', 'Ab', 'ab'].map((workspaceId) => ({ workspaceId, name }));
    for (const seat of workspaces) expect(await messageOf(throttle.run(someIp(), seat, wrong))).toBe('wrong');
    const again = throttle.run(someIp(), { workspaceId: 'AB', name }, right);
    expect(await messageOf(again)).toMatch(/^too many tries/);
  });

  it('cannot be outrun by asking a hundred times at once', async () => {
    const seat = someSeat();
    let attempts = 0;
    await Promise.allSettled(
      Array.from({ length: 100 }, () =>
        throttle.run(someIp(), seat, () => {
          attempts += 1;
          return wrong();
        }),
      ),
    );
    expect(attempts).toBe(5);
  });

  it('are over for a seat once it has signed in', async () => {
    const seat = someSeat();
    for (let tried = 0; tried < 4; tried += 1) await messageOf(throttle.run(someIp(), seat, wrong));
    await expect(throttle.run(someIp(), seat, right)).resolves.toBe('in');
    for (let tried = 0; tried < 4; tried += 1)
      expect(await messageOf(throttle.run(someIp(), seat, wrong))).toBe('wrong');
  });

  it('count for an address too, which wins nothing by signing in as somebody else in between', async () => {
    const ip = '198.51.100.1';
    for (let tried = 0; tried < 19; tried += 1) {
      expect(await messageOf(throttle.run(ip, someSeat(), wrong))).toBe('wrong');
      if (tried % 5 === 0) await throttle.run(ip, someSeat(), right);
    }
    expect(await messageOf(throttle.run(ip, null, wrong))).toBe('wrong');
    expect(await messageOf(throttle.run(ip, someSeat(), right))).toMatch(/^too many tries/);
    expect(await messageOf(throttle.run(ip, null, right))).toMatch(/^too many tries/);
  });

  it('of an address go on, though a right try that came before them ends after them', async () => {
    const ip = '198.51.100.2';
    for (let tried = 0; tried < 18; tried += 1) await messageOf(throttle.run(ip, null, wrong));
    const slow = throttle.run(ip, null, async () => {
      expect(await messageOf(throttle.run(ip, null, wrong))).toBe('wrong');
      return 'in';
    });
    await expect(slow).resolves.toBe('in');
    expect(await messageOf(throttle.run(ip, null, wrong))).toMatch(/^too many tries/);
  });

  it('keep nobody’s name in Redis, and forget after a day', async () => {
    const keys = await client.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join()).not.toMatch(/example|192\.0/);
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(86_000_000);
  });

  it('refuse everybody while nobody counts', async () => {
    const gone = new Redis(redis.url, { lazyConnect: true, enableOfflineQueue: false });
    const blind = new SignInThrottle({ commands: { client: gone } } as unknown as Messaging, 'spec');
    await expect(blind.run(someIp(), null, right)).rejects.toMatchObject({ code: 'unavailable' });
    gone.disconnect();
  });
});
