import { describe, expect, it } from '@jest/globals';
import { parseRedisUrl } from './redis-url.js';

describe('a Redis URL', () => {
  it('names one node', () => {
    expect(parseRedisUrl('redis://127.0.0.1:6380')).toEqual({
      kind: 'single',
      nodes: [{ host: '127.0.0.1', port: 6380 }],
      masterName: undefined,
      login: {},
      sentinelLogin: {},
      database: 0,
      tls: false,
    });
    expect(parseRedisUrl('redis://redis/').nodes).toEqual([{ host: 'redis', port: 6379 }]);
    expect(parseRedisUrl('redis://[::1]:7000').nodes).toEqual([{ host: '::1', port: 7000 }]);
  });

  it('carries credentials, database and TLS', () => {
    expect(parseRedisUrl('rediss://user:p%40s%25s@redis:1/3')).toMatchObject({
      login: { username: 'user', password: 'p@s%s' },
      database: 3,
      tls: true,
    });
    expect(parseRedisUrl('redis://:only@redis').login).toEqual({ password: 'only' });
  });

  it('names sentinels, their master, and how to log in at both', () => {
    expect(
      parseRedisUrl('redis+sentinel://user:one@a:1,b/main/2?sentinel_username=x&sentinel_password=t%26wo='),
    ).toEqual({
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26379 },
      ],
      masterName: 'main',
      login: { username: 'user', password: 'one' },
      sentinelLogin: { username: 'x', password: 't&wo=' },
      database: 2,
      tls: false,
    });
    expect(parseRedisUrl('redis+sentinel://a').masterName).toBe('mymaster');
  });

  it('names nodes of a cluster', () => {
    expect(parseRedisUrl('rediss+cluster://:secret@a,b:2')).toMatchObject({
      kind: 'cluster',
      nodes: [
        { host: 'a', port: 6379 },
        { host: 'b', port: 2 },
      ],
      login: { password: 'secret' },
      tls: true,
    });
  });

  it.each([
    ['http://hunter2', /^must start with redis/],
    ['hunter2', /^must start with redis/],
    ['redis://', /percent-encoded/],
    ['redis://:hunter2@x@redis', /percent-encoded/],
    ['redis://:hun/ter2@redis', /host that is none|percent-encoded/],
    ['redis://:hunter2%@redis', /% that encodes nothing, in the password/],
    ['redis://hunter2/x', /no number/],
    ['redis://hunter2:1:2', /host that is none/],
    ['redis://redis:hunter2', /host that is none/],
    ['redis://redis:99999', /port that is none/],
    ['redis://a:1,hunter2:1', /several hosts/],
    ['redis+cluster://a,hunter2/1', /database 0/],
    ['redis+cluster://a?sentinel_password=hunter2', /has a query/],
    ['redis+sentinel://a/m?password=hunter2', /has a query/],
    ['redis+sentinel://a/m/0/hunter2', /too long/],
  ])('is refused as %s, and nothing of it is repeated', (url, reason) => {
    let message = '';
    try {
      parseRedisUrl(url);
    } catch (error) {
      message = (error as TypeError).message;
    }
    expect(message).toMatch(reason);
    expect(message).not.toMatch(/hun|ter2/);
  });
});
