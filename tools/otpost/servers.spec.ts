import { describe, expect, it } from '@jest/globals';
import { addressesOf } from './servers.mjs';

describe('the addresses in a URL', () => {
  it.each([
    ['postgresql://otpost:password@db/otpost', ['db:5432']],
    ['postgresql://otpost:p@ss@word@db:5433/otpost', ['db:5433']],
    ['postgres://[::1]:7000/otpost', ['::1:7000']],
    ['redis+sentinel://:p%40ss@a:1,b/main', ['a:1', 'b:5432']],
  ])('%s', (url, expected) => {
    expect(addressesOf(url, 5432)?.map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
  });

  it.each(['hunter2', 'redis://', 'redis://:hun/ter2@redis', 'redis://user:hun/ter2@redis', 'redis://a,:hunter2'])(
    'are none in %s: nothing of it is taken for a host',
    (url) => {
      expect(addressesOf(url, 6379)).toBeUndefined();
    },
  );
});
