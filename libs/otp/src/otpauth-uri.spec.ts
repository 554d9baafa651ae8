import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildOtpauthUri, decodeSecret, OtpError, parseOtpauthUri, parseSecretOrUri } from './index.js';
import { anyAccount } from './testing/accounts.js';

const secret = 'JBSWY3DPEHPK3PXP';
const account = {
  type: 'totp',
  label: 'alice@example.com',
  issuer: 'Example',
  secret: decodeSecret(secret),
  algorithm: 'SHA1',
  digits: 6,
  periodSeconds: 30,
} as const;

test('reads the example of the Key URI Format', () => {
  expect(parseOtpauthUri(`otpauth://totp/Example:alice@example.com?secret=${secret}&issuer=Example`)).toEqual(account);
});

test('reads everything that may be said', () => {
  const uri = `otpauth://totp/ACME%20Co:john.doe@email.com?secret=${secret}&issuer=ACME%20Co&algorithm=SHA256&digits=8&period=60`;
  expect(parseOtpauthUri(uri)).toEqual({
    ...account,
    label: 'john.doe@email.com',
    issuer: 'ACME Co',
    algorithm: 'SHA256',
    digits: 8,
    periodSeconds: 60,
  });
});

test('reads HOTP, whose counter is 0 unless given', () => {
  const { periodSeconds: _, ...common } = account;
  const uri = `otpauth://hotp/Example:alice@example.com?secret=${secret}&period=60`;
  expect(parseOtpauthUri(uri)).toEqual({ ...common, type: 'hotp', counter: 0 });
  expect(parseOtpauthUri(`${uri}&counter=9007199254740991`)).toEqual({
    ...common,
    type: 'hotp',
    counter: Number.MAX_SAFE_INTEGER,
  });
});

test('what is built reads back the same', () => {
  fc.assert(
    fc.property(anyAccount, (original) => {
      expect(parseOtpauthUri(buildOtpauthUri(original))).toEqual(original);
    }),
    { numRuns: 2000 },
  );
});

test('builds what authenticator apps expect', () => {
  expect(buildOtpauthUri({ ...account, label: 'a b', issuer: 'Käse & Co' })).toBe(
    `otpauth://totp/K%C3%A4se%20%26%20Co:a%20b?secret=${secret}&issuer=K%C3%A4se%20%26%20Co&algorithm=SHA1&digits=6&period=30`,
  );
});

describe('label and issuer', () => {
  test.each([
    ['Example:alice', '', 'alice', 'Example'],
    ['Example%3Aalice', '', 'alice', 'Example'],
    ['Example%3A%20alice', 'Example', 'alice', 'Example'],
    ['example:alice', 'Example', 'alice', 'Example'],
    ['alice', 'Example', 'alice', 'Example'],
    ['alice', '', 'alice', null],
    ['Old:alice', 'New', 'Old:alice', 'New'],
    ['alice:work', 'Example', 'alice:work', 'Example'],
    [':a%3Ab', '', 'a:b', null],
    ['', 'Example', '', 'Example'],
    ['My+Site:a+b@x.io', 'My+Site', 'My+Site:a+b@x.io', 'My Site'],
    ['a+b@x.io', 'A%2BB', 'a+b@x.io', 'A+B'],
    ['Gr%C3%BC%C3%9Fe', '', 'Grüße', null],
    ['Site #1:a/b', 'Site #1', 'a/b', 'Site #1'],
    ['al%00ice%0A', '', 'alice', null],
  ])('%s with issuer=%s', (path, parameter, label, issuer) => {
    const parsed = parseOtpauthUri(`otpauth://totp/${path}?secret=${secret}&issuer=${parameter}`);
    expect(parsed).toMatchObject({ label, issuer });
  });
});

describe('accepts what sites hand out', () => {
  test.each([
    `  OTPAUTH://TOTP/Example:alice@example.com?SECRET=${secret}\n`,
    'otpauth://totp/Example:alice@example.com?secret=jbsw%20y3dp-ehpk+3pxp',
    'otpauth://totp/Example:alice@example.com?secret=JBSWY3DPEHPK3PXP====',
    'otpauth://totp/Example:alice@example.com?secret=JBSWY3DPEHPK3PXP%3D%3D',
    `otpauth://totp/Example:alice@example.com?secret=${secret}&algorithm=&digits=&period=`,
    `otpauth://totp/Example:alice@example.com?&secret=${secret}&algorithm=HmacSHA1&image=https%3A%2F%2Fx%2F%E0%A4%A`,
    `otpauth://totp/Example:alice@example.com?secret=${secret}&amp;digits=6&amp;algorithm=sha-1`,
    `otpauth://totp/Example:alice@example.com?secret=${secret}&secret=${secret}&counter=nonsense`,
  ])('%s', (uri) => {
    expect(parseOtpauthUri(uri)).toEqual(account);
  });

  test.each([
    ['SHA1', 'SHA1'],
    ['sha1', 'SHA1'],
    ['SHA-1', 'SHA1'],
    ['HmacSHA1', 'SHA1'],
    ['HMAC-SHA-256', 'SHA256'],
    ['sha_512', 'SHA512'],
  ])('algorithm %s', (alias, algorithm) => {
    expect(parseOtpauthUri(`otpauth://totp/?secret=${secret}&algorithm=${alias}`)).toMatchObject({ algorithm });
  });

  test('no label at all', () => {
    expect(parseOtpauthUri(`otpauth://totp?secret=${secret}`)).toMatchObject({ label: '', issuer: null });
  });
});

describe('refuses, by name and without echo', () => {
  test.each([
    ['uri_malformed', 'uri', ''],
    ['uri_malformed', 'uri', 'https://totp/x?secret=JBSWY3DPEHPK3PXP'],
    ['uri_malformed', 'uri', 'otpauth:totp/x?secret=JBSWY3DPEHPK3PXP'],
    ['uri_malformed', 'uri', 'otpauth-migration://offline?data=JBSWY3DP'],
    ['uri_malformed', 'label', 'otpauth://totp/%E0%A4%A?secret=JBSWY3DPEHPK3PXP'],
    ['uri_malformed', 'label', 'otpauth://totp/100%?secret=JBSWY3DPEHPK3PXP'],
    ['uri_malformed', 'issuer', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&issuer=%ff'],
    ['uri_malformed', 'secret', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP%'],
    ['uri_too_long', 'uri', `otpauth://totp/${'x'.repeat(4096)}?secret=JBSWY3DPEHPK3PXP`],
    ['uri_parameter_repeated', 'secret', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&secret=JBSWY3DPEHPK3PXQ'],
    ['uri_parameter_repeated', 'digits', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=6&DIGITS=8'],
    ['type_unsupported', 'type', 'otpauth://steam/x?secret=JBSWY3DPEHPK3PXP'],
    ['type_unsupported', 'type', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&encoder=steam'],
    ['secret_missing', 'secret', 'otpauth://totp/x'],
    ['secret_missing', 'secret', 'otpauth://totp/x?secret='],
    ['secret_too_short', 'secret', 'otpauth://totp/x?secret=JBSWY3'],
    ['secret_not_base32', 'secret', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PX1'],
    ['algorithm_unsupported', 'algorithm', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5'],
    ['digits_out_of_range', 'digits', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=11'],
    ['digits_out_of_range', 'digits', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=six'],
    ['period_out_of_range', 'period', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0'],
    ['period_out_of_range', 'period', 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=-30'],
    ['counter_out_of_range', 'counter', 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=9007199254740992'],
    ['counter_out_of_range', 'counter', 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1e3'],
  ])('%s %s %#', (code, field, uri) => {
    const attempt = () => parseOtpauthUri(uri);
    expect(attempt).toThrow(OtpError);
    expect(attempt).toThrow(expect.objectContaining({ code, field, message: expect.not.stringContaining('JBSW') }));
  });

  test('to build what could not be read', () => {
    expect(() => buildOtpauthUri({ ...account, digits: 3 })).toThrow(OtpError);
    expect(() => buildOtpauthUri({ ...account, periodSeconds: 0 })).toThrow(OtpError);
    expect(() => buildOtpauthUri({ ...account, label: 'x'.repeat(5000) })).toThrow(OtpError);
    expect(() => buildOtpauthUri({ ...account, type: 'steam' } as never)).toThrow(OtpError);
    expect(buildOtpauthUri({ ...account, label: 'half \ud800 a pair', issuer: '\0' })).toContain(
      'totp/half%20%20a%20pair?',
    );
  });
});

describe('hostile input', () => {
  const fragment = fc.constantFrom(
    'otpauth://',
    'totp',
    'hotp',
    '/',
    '?',
    '&',
    '=',
    ':',
    '%',
    '%3A',
    '%00',
    '+',
    '#',
    'secret=',
    secret,
    'digits=',
    'period=',
    'counter=',
    'issuer=',
    '9'.repeat(30),
    '\ud800',
  );
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.oneof({ weight: 5, arbitrary: fragment }, fc.string({ unit: 'binary', maxLength: 3 })))
      .map((parts) => parts.join('')),
    fc.tuple(anyAccount, fc.nat(200), fc.nat(5), fc.string({ maxLength: 5 })).map(([original, at, length, text]) => {
      const uri = buildOtpauthUri(original);
      return uri.slice(0, at) + text + uri.slice(at + length);
    }),
  );

  test('throws nothing but OtpError, and what is taken can be built again', () => {
    fc.assert(
      fc.property(anything, (uri) => {
        let parsed;
        try {
          parsed = parseOtpauthUri(uri);
        } catch (error) {
          expect(error).toBeInstanceOf(OtpError);
          return;
        }
        expect(parseOtpauthUri(buildOtpauthUri(parsed))).toEqual(parsed);
      }),
      { numRuns: 3000 },
    );
  });

  test('costs next to nothing, however long', () => {
    const started = performance.now();
    for (const piece of [' ', ':', '/', '?', '&', '=', '%', '%3A', '&amp;', '&secret=', '\u200b', '\ud800']) {
      for (const length of [4000, 10_000_000]) {
        const filling = piece.repeat(Math.floor(length / piece.length));
        for (const uri of [filling, `otpauth://totp/${filling}`, `otpauth://totp/x?secret=${filling}`]) {
          expect(() => parseOtpauthUri(uri.slice(0, length))).toThrow(OtpError);
        }
      }
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('parseSecretOrUri', () => {
  test('takes a bare secret with the defaults', () => {
    expect(parseSecretOrUri('jbsw y3dp ehpk 3pxp')).toEqual({ ...account, label: '', issuer: null });
  });

  test('takes a URI', () => {
    expect(parseSecretOrUri(` ${buildOtpauthUri(account)}`)).toEqual(account);
    expect(() => parseSecretOrUri('otpauth://nonsense')).toThrow(OtpError);
  });
});
