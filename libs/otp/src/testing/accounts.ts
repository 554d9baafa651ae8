import fc from 'fast-check';
import { OTP_LIMITS, type OtpAccount, type OtpAlgorithm } from '../index.js';

/** Names as they are stored: trimmed, and with everything in them that could confuse a URI. */
const name = (maxLength: number) =>
  fc
    .oneof(
      fc.constantFrom(
        'alice@example.com',
        'a+b@x.io',
        'Amazon Web Services',
        'a:b',
        ':',
        'Übung & Söhne',
        '100%',
        '🔐 x',
      ),
      fc.string({ unit: 'grapheme', maxLength }),
      fc.string({ unit: fc.constantFrom(...' :%+&=?#/;aÄ'), maxLength }),
    )
    .map((text) => text.trim());

/** Every account this library can hold, for property tests. */
export const anyAccount: fc.Arbitrary<OtpAccount> = accounts({
  digits: fc.integer({ min: OTP_LIMITS.minDigits, max: OTP_LIMITS.maxDigits }),
  periodSeconds: fc.oneof(fc.constant(30), fc.integer({ min: 1, max: OTP_LIMITS.maxPeriodSeconds })),
});

/** The accounts that a migration export can hold. */
export const exportableAccount: fc.Arbitrary<OtpAccount> = accounts({
  digits: fc.constantFrom(6, 8),
  periodSeconds: fc.constant(30),
});

function accounts(choice: { digits: fc.Arbitrary<number>; periodSeconds: fc.Arbitrary<number> }) {
  const common = {
    label: name(20),
    issuer: fc.option(name(20).filter((text) => text !== '')),
    secret: fc.uint8Array({ minLength: OTP_LIMITS.minSecretBytes, maxLength: 64 }),
    algorithm: fc.constantFrom<OtpAlgorithm>('SHA1', 'SHA256', 'SHA512'),
    digits: choice.digits,
  };
  return fc.oneof(
    fc.record({ type: fc.constant('totp'), ...common, periodSeconds: choice.periodSeconds }),
    fc.record({ type: fc.constant('hotp'), ...common, counter: fc.maxSafeNat() }),
  );
}
