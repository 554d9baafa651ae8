import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ScureBase32Plugin } from 'otplib';
import { decodeSecret, encodeSecret, generateSecret, OtpError } from './index.js';

const secret = fc.uint8Array({ minLength: 5, maxLength: 512 });
const bytes = (text: string) => Buffer.from(decodeSecret(text)).toString('latin1');

test('what is encoded decodes to the same bytes, without padding', () => {
  fc.assert(
    fc.property(secret, (original) => {
      const text = encodeSecret(original);
      expect(text).toMatch(/^[A-Z2-7]+$/);
      expect(decodeSecret(text)).toEqual(original);
    }),
  );
});

test("otplib's own base32 agrees both ways", () => {
  const otplib = new ScureBase32Plugin();
  fc.assert(
    fc.property(secret, (original) => {
      expect(encodeSecret(original)).toBe(otplib.encode(original));
      expect(decodeSecret(otplib.encode(original, { padding: true }))).toEqual(original);
    }),
  );
});

describe('accepts what sites hand out', () => {
  test.each([
    ['ten bytes', 'JBSWY3DPEHPK3PXP'],
    ['lower case', 'jbswy3dpehpk3pxp'],
    ['groups', 'jbsw y3dp ehpk 3pxp'],
    ['dashes', 'JBSW-Y3DP-EHPK-3PXP'],
    ['en dashes and no-break spaces', 'JBSW–Y3DP\u00a0EHPK–3PXP'],
    ['surrounding white space', '\n  JBSWY3DPEHPK3PXP\t\r\n'],
    ['zero-width characters', '\ufeffJBSW\u200bY3DP\u200dEHPK\u2060-3PXP\u200e'],
    ['padding that is not due', 'JBSWY3DPEHPK3PXP===='],
  ])('%s', (_, text) => {
    expect(bytes(text)).toBe('Hello!\xde\xad\xbe\xef');
  });

  test('the padding of RFC 4648, all of it, some or none', () => {
    for (const text of ['MZXW6YTBOI======', 'MZXW6YTBOI==', 'MZXW6YTBOI', 'MZXW 6YTB OI== ====']) {
      expect(bytes(text)).toBe('foobar');
    }
  });

  test('any length, and any value in the bits left over, as Google Authenticator does', () => {
    expect(bytes('MZXW6YTBO')).toBe('fooba');
    expect(bytes('MZXW6YTBOJ')).toBe('foobar');
    expect(bytes('MZXW6YTBOI7')).toBe('foobar');
  });

  test('any mixture of separators and cases', () => {
    const separator = fc.constantFrom('', ' ', '-', '\n', '\u00a0', '\u200b', '–');
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 5, maxLength: 64 }),
        fc.infiniteStream(separator),
        fc.infiniteStream(fc.boolean()),
        (original, separators, lower) => {
          const text = [...encodeSecret(original)]
            .map((symbol) => `${lower.next().value ? symbol.toLowerCase() : symbol}${separators.next().value}`)
            .join('');
          expect(decodeSecret(text)).toEqual(original);
        },
      ),
    );
  });
});

describe('refuses, by name and without echo', () => {
  test.each([
    ['secret_missing', ''],
    ['secret_missing', ' - \u200b'],
    ['secret_missing', '===='],
    ['secret_too_short', 'J'],
    ['secret_too_short', 'JBSWY3D'],
    ['secret_too_long', 'A'.repeat(822)],
    ['secret_too_long', ' '.repeat(1_000_000)],
    ['secret_not_base32', 'JBSWY3DPEHPK3PX0'],
    ['secret_not_base32', 'JBSWY3DPEHPK3PX1'],
    ['secret_not_base32', 'JBSWY3DPEHPK3PX8'],
    ['secret_not_base32', 'JBSW=Y3DPEHPK3PXP'],
    ['secret_not_base32', 'JBSWY3DPEHPK3PX!'],
    ['secret_not_base32', 'ＪＢＳＷＹ３ＤＰ'],
    ['secret_not_base32', 'JBSWY3DPEHPK3PXı'],
    ['secret_not_base32', 'JBSWY3DPEHPK3PXſ'],
    ['secret_not_base32', '__proto__'],
  ])('%s %#', (code, text) => {
    const attempt = () => decodeSecret(text);
    expect(attempt).toThrow(OtpError);
    expect(attempt).toThrow(expect.objectContaining({ code, field: 'secret' }));
    expect(attempt).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/JBSW|===|__proto__/) }));
  });

  test('whatever else is thrown at it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          expect(decodeSecret(text).length).toBeGreaterThanOrEqual(5);
        } catch (error) {
          expect(error).toBeInstanceOf(OtpError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('a new secret has 160 bits and is new', () => {
  expect(generateSecret()).toHaveLength(20);
  expect(generateSecret()).not.toEqual(generateSecret());
});
