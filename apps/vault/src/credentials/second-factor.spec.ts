import { describe, expect, it } from '@jest/globals';
import type { OtpAccount } from '@otpost/otp';
import { settleSecondFactor, type SecondFactor } from './second-factor.js';

const totp = (seed: string): OtpAccount => ({
  type: 'totp',
  secret: Buffer.from(seed),
  algorithm: 'SHA1',
  digits: 6,
  periodSeconds: 30,
  label: '',
  issuer: null,
});
const hotp = (seed: string, counter: number): OtpAccount => {
  const { secret, algorithm, digits, label, issuer } = totp(seed);
  return { type: 'hotp', secret, algorithm, digits, label, issuer, counter };
};
const none: SecondFactor = { method: null, account: null };
const authenticator: SecondFactor = { method: 'AUTHENTICATOR', account: totp('seed one') };
const email: SecondFactor = { method: 'EMAIL', account: null };
const [absent, same, other] = [undefined, totp('seed one'), totp('seed two')];

describe('the second factor after a change', () => {
  it.each<[string, SecondFactor, SecondFactor['method'] | undefined, OtpAccount | null | undefined, SecondFactor]>([
    ['nothing said keeps none', none, absent, absent, none],
    ['nothing said keeps the authenticator', authenticator, absent, absent, authenticator],
    ['a secret alone makes an authenticator', none, absent, other, { method: 'AUTHENTICATOR', account: other }],
    [
      'a secret beside a null that is stored makes an authenticator',
      none,
      null,
      other,
      { method: 'AUTHENTICATOR', account: other },
    ],
    [
      'a secret alone replaces the authenticator’s',
      authenticator,
      absent,
      other,
      { method: 'AUTHENTICATOR', account: other },
    ],
    ['another method drops the secret', authenticator, 'SMS', absent, { method: 'SMS', account: null }],
    ['another method drops the secret that is put back', authenticator, 'EMAIL', same, email],
    ['no method drops the secret that is put back', authenticator, null, same, none],
    ['no method and no secret', authenticator, null, null, none],
    ['a null secret says nothing of another method', email, absent, null, email],
  ])('%s', (_, stored, method, account, expected) => {
    expect(settleSecondFactor(stored, { method, account })).toEqual(expected);
  });

  it.each<[string, SecondFactor, SecondFactor['method'] | undefined, OtpAccount | null | undefined]>([
    ['an authenticator without a secret', none, 'AUTHENTICATOR', absent],
    ['an authenticator with a null secret', none, 'AUTHENTICATOR', null],
    ['taking an authenticator its secret', authenticator, absent, null],
    ['a secret with another method', none, 'EMAIL', other],
    ['a secret for an entry of another method', email, absent, other],
    ['a new secret while the method goes', authenticator, null, other],
  ])('refuses %s', (_, stored, method, account) => {
    expect(() => settleSecondFactor(stored, { method, account })).toThrow(
      expect.objectContaining({ code: 'validation_failed', fields: [expect.objectContaining({ path: 'tfa_secret' })] }),
    );
  });

  it('keeps the greater counter of a HOTP secret that is put back', () => {
    const stored: SecondFactor = { method: 'AUTHENTICATOR', account: hotp('seed one', 7) };
    const counterAfter = (account: OtpAccount) => {
      const after = settleSecondFactor(stored, { method: undefined, account }).account;
      return after?.type === 'hotp' ? after.counter : null;
    };
    expect(counterAfter(hotp('seed one', 3))).toBe(7);
    expect(counterAfter({ ...hotp('seed one', 3), label: 'renamed' })).toBe(7);
    expect(counterAfter(hotp('seed one', 9))).toBe(9);
    expect(counterAfter(hotp('seed two', 3))).toBe(3);
  });
});
