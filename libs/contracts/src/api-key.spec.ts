import { describe, expect, it } from '@jest/globals';
import { apiKeySecretMatches, hashApiKeySecret, isApiKeySecret, makeApiKey, parseApiKey } from './api-key.js';

describe('makeApiKey', () => {
  it('makes a key that parses back to its parts', () => {
    const key = makeApiKey('live');
    const parsed = parseApiKey(key.text.reveal());
    expect(parsed).toMatchObject({ id: key.id, env: 'live' });
    expect(parsed?.secret.reveal()).toBe(key.secret.reveal());
    expect(isApiKeySecret(key.secret.reveal())).toBe(true);
    expect(key.id).toMatch(/^[a-z0-9]{20}$/);
  });

  it('prints no part that proves anything', () => {
    const key = makeApiKey('live');
    expect(JSON.stringify(key)).not.toContain(key.secret.reveal().slice(0, 8));
  });
});

describe('parseApiKey', () => {
  it('refuses a key with any one character changed, before any look-up', () => {
    const text = makeApiKey('live').text.reveal();
    for (let at = 0; at < text.length; at += 1) {
      const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      expect(parseApiKey(changed)).toBeNull();
    }
  });

  it.each(['', 'otp_', 'otp_live_id', 'Bearer x', 'otp_live__' + 'a'.repeat(51), 'x'.repeat(100_000)])(
    'refuses %#',
    (text) => {
      expect(parseApiKey(text)).toBeNull();
    },
  );
});

describe('apiKeySecretMatches', () => {
  it('knows a key by the hash of its secret alone', () => {
    const key = makeApiKey('live');
    expect(apiKeySecretMatches(key.secret, hashApiKeySecret(key.secret))).toBe(true);
    expect(apiKeySecretMatches(makeApiKey('live').secret, hashApiKeySecret(key.secret))).toBe(false);
    expect(apiKeySecretMatches(key.secret, new Uint8Array(3))).toBe(false);
  });
});
