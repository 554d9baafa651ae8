import { describe, expect, it } from '@jest/globals';
import { makeApiKey } from '@otpost/contracts';
import { keyOfConsole } from './console-cookie.js';

const key = makeApiKey('live');
const cookie = `theme=dark; otpost_console=${key.text.reveal()}; other=1`;
const marked = { 'x-otpost-console': '1' };

describe('keyOfConsole', () => {
  it('reads the token from among other cookies', () => {
    const presented = keyOfConsole({ cookie, ...marked, 'sec-fetch-site': 'same-origin' });
    expect(presented).toMatchObject({ kind: 'api_key', id: key.id });
    expect(presented?.secret.reveal()).toBe(key.secret.reveal());
  });

  it('counts for nothing where another site could have sent it', () => {
    expect(keyOfConsole({ cookie })).toBeNull();
    expect(keyOfConsole({ cookie, ...marked, 'sec-fetch-site': 'cross-site' })).toBeNull();
    expect(keyOfConsole({ cookie, ...marked, 'sec-fetch-site': 'same-site' })).toBeNull();
  });

  it.each([{}, { cookie: '' }, { cookie: 'otpost_console=' }, { cookie: `otpost_console=${key.text.reveal()}x` }])(
    'finds none in %#',
    (headers) => {
      expect(keyOfConsole({ ...headers, ...marked })).toBeNull();
    },
  );
});
