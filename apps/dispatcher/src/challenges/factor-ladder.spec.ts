import { describe, expect, it } from '@jest/globals';
import { asksHuman, factorLadder, type Described } from './factor-ladder.js';

const totp = { id: 'seed', type: 'totp' as const, period: 30 };
const entry = (tfa_method: Described['tfa_method']): Described => ({
  credential_id: 'entry',
  tfa_method,
  otp_secret: tfa_method === 'AUTHENTICATOR' ? totp : null,
});
const bare: Described = { credential_id: null, tfa_method: null, otp_secret: totp };

describe('the factors of a challenge', () => {
  it.each([
    ['AUTHENTICATOR', ['authenticator', 'user']],
    ['EMAIL', ['email', 'user']],
    ['SMS', ['sms', 'user']],
    ['MAGIC_LINK', ['magic_link', 'user']],
    [null, ['user']],
  ] as const)('are by default the own one of an entry with %s, then a human', (method, factors) => {
    expect(factorLadder({}, entry(method))).toEqual(factors);
  });

  it('are those asked for, in that order, each once, as far as the target can have them', () => {
    expect(factorLadder({ factors: ['user', 'email', 'authenticator', 'user'] }, entry('SMS'))).toEqual([
      'user',
      'email',
    ]);
    expect(factorLadder({ factors: ['email', 'authenticator'] }, bare)).toEqual(['authenticator']);
  });

  it('are refused where none is left', () => {
    expect(() => factorLadder({ factors: ['email', 'sms'] }, bare)).toThrow(/none of the factors/);
  });

  it('give no code that is valid for as long as its period', () => {
    expect(factorLadder({ min_validity_seconds: 29 }, bare)).toContain('authenticator');
    expect(() => factorLadder({ min_validity_seconds: 30 }, bare)).toThrow(/less than the period/);
    expect(
      factorLadder({ min_validity_seconds: 30 }, { ...bare, otp_secret: { ...totp, type: 'hotp', period: null } }),
    ).toContain('authenticator');
  });

  it('ask a human only where no authenticator answers anyway', () => {
    expect(asksHuman(['email', 'user'])).toBe(true);
    expect(asksHuman(['authenticator', 'user'])).toBe(false);
    expect(asksHuman(['email'])).toBe(false);
  });
});
