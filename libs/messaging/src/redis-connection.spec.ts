import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl, retryDelayMs } from './redis-connection.js';

describe('a Redis URL', () => {
  it('names one node', () => {
    expect(parseRedisUrl('redis://127.0.0.1:6380')).toMatchObject({
      kind: 'single',
      nodes: [{ host: '127.0.0.1', port: 6380 }],
      options: {},
    });
    expect(parseRedisUrl('redis://redis').nodes).toEqual([{ host: 'redis', port: 6379 }]);
    expect(parseRedisUrl('redis://[::1]:7000').nodes).toEqual([{ host: '::1', port: 7000 }]);
  });

  it('carries credentials, database and TLS', () => {
    expect(parseRedisUrl('rediss://user:p%40ss@redis:1/3').options).toEqual({
      username: 'user',
      password: 'p@ss',
      db: 3,
      tls: {},
    });
    expect(parseRedisUrl('redis://:only@redis').options).toEqual({ password: 'only' });
  });

  it('names sentinels and their master, or the nodes of a cluster', () => {
    expect(parseRedisUrl('redis+sentinel://a:1,b/main/2')).toMatchObject({
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26379 },
      ],
      masterName: 'main',
      options: { db: 2 },
    });
    expect(parseRedisUrl('rediss+cluster://:secret@a,b:2')).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 2 },
      ],
      options: { password: 'secret', tls: {} },
    });
  });

  it.each(['http://redis', 'redis://', 'redis://a/x', 'redis://a:b:c', 'secret'])(
    'is refused as %s, without repeating it',
    (url) => {
      expect(() => parseRedisUrl(url)).toThrow(/^Not a Redis URL/);
    },
  );
});

it('the time between attempts to connect grows, is bounded, and is not the same for all', () => {
  const delays = (attempt: number) => Array.from({ length: 100 }, () => retryDelayMs(attempt));
  expect(Math.max(...delays(1))).toBeLessThanOrEqual(50);
  expect(Math.min(...delays(20))).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...delays(1_000))).toBeLessThanOrEqual(2_000);
  expect(new Set(delays(20)).size).toBeGreaterThan(10);
});
