import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { generateWebhookSecret, SigningSecret } from './index.js';

describe('generateWebhookSecret', () => {
  it('makes whsec_ and the base64 of 32 bytes, another one each time', () => {
    const text = generateWebhookSecret().reveal();
    expect(text).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(generateWebhookSecret().reveal()).not.toBe(text);
  });
});

describe('SigningSecret', () => {
  it.each(['', 'whsec_', 'C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'whsec_short', 'whsec_!!!!', `whsec_${'A'.repeat(100)}`])(
    'refuses %j without quoting it',
    (text) => {
      let thrown: unknown;
      try {
        SigningSecret.parse(new Secret(text));
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({ code: 'malformed_secret' });
      if (text.length > 10) expect(String(thrown)).not.toContain(text.slice(6));
    },
  );

  it('signs nothing of worth once destroyed', () => {
    const secret = generateWebhookSecret();
    const [kept, destroyed] = [SigningSecret.parse(secret), SigningSecret.parse(secret)];
    destroyed.destroy();
    expect(destroyed.hmacSignature('x')).not.toBe(kept.hmacSignature('x'));
    expect(destroyed.standardSignature('a', '1', 'x')).not.toEqual(kept.standardSignature('a', '1', 'x'));
  });

  it('prints none of its bytes', () => {
    const secret = generateWebhookSecret();
    expect(JSON.stringify(SigningSecret.parse(secret))).toBe('{}');
  });
});
