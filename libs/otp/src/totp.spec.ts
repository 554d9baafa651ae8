import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateTotp, OtpError, timeStep, type OtpAlgorithm } from './index.js';

/** RFC 6238 appendix B. Its table shows one seed, its code uses one as long as each hash (erratum 2866). */
const seeds: Record<OtpAlgorithm, Uint8Array> = { SHA1: seed(20), SHA256: seed(32), SHA512: seed(64) };
const vectors: [seconds: number, Record<OtpAlgorithm, string>][] = [
  [59, { SHA1: '94287082', SHA256: '46119246', SHA512: '90693936' }],
  [1111111109, { SHA1: '07081804', SHA256: '68084774', SHA512: '25091201' }],
  [1111111111, { SHA1: '14050471', SHA256: '67062674', SHA512: '99943326' }],
  [1234567890, { SHA1: '89005924', SHA256: '91819424', SHA512: '93441116' }],
  [2000000000, { SHA1: '69279037', SHA256: '90698825', SHA512: '38618901' }],
  [20000000000, { SHA1: '65353130', SHA256: '77737706', SHA512: '47863826' }],
];

describe.each(['SHA1', 'SHA256', 'SHA512'] as const)('RFC 6238 appendix B, %s', (algorithm) => {
  test.each(vectors)('at %d s', (seconds, codes) => {
    const totp = generateTotp({
      secret: seeds[algorithm],
      algorithm,
      digits: 8,
      periodSeconds: 30,
      atMs: seconds * 1000,
    });
    expect(totp.code).toBe(codes[algorithm]);
  });
});

const base = { secret: seeds.SHA1, algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
const period = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }));
const moment = fc.oneof(
  fc.integer({ min: 0, max: 8.64e15 }),
  fc.integer({ min: 0, max: 4e12 }),
  fc.double({ min: 0, max: 4e12, noNaN: true }),
);

test('the moment lies in the step: never one already past, never one to come', () => {
  fc.assert(
    fc.property(period, moment, (periodSeconds, atMs) => {
      const window = timeStep({ periodSeconds, atMs });
      expect(window.validFromMs).toBeLessThanOrEqual(atMs);
      expect(window.validUntilMs).toBeGreaterThan(atMs);
      expect(window.validUntilMs - window.validFromMs).toBe(periodSeconds * 1000);
      expect(window.step * periodSeconds * 1000).toBe(window.validFromMs);
    }),
  );
});

test('the seconds left are whole, rounded up, from 1 to the period', () => {
  fc.assert(
    fc.property(period, moment, (periodSeconds, atMs) => {
      const { expiresInSeconds, validUntilMs } = timeStep({ periodSeconds, atMs });
      expect(Number.isInteger(expiresInSeconds)).toBe(true);
      expect(expiresInSeconds).toBeGreaterThanOrEqual(1);
      expect(expiresInSeconds).toBeLessThanOrEqual(periodSeconds);
      expect(expiresInSeconds * 1000).toBeGreaterThanOrEqual(validUntilMs - atMs);
      expect((expiresInSeconds - 1) * 1000).toBeLessThan(validUntilMs - Math.floor(atMs));
    }),
  );
});

test('the code changes at the boundary, to the millisecond', () => {
  const last = generateTotp({ ...base, atMs: 59_999 });
  const next = generateTotp({ ...base, atMs: 60_000 });
  expect(last).toEqual({
    code: '287082',
    step: 1,
    validFromMs: 30_000,
    validUntilMs: 60_000,
    expiresInSeconds: 1,
  });
  expect(next).toEqual({
    code: '359152',
    step: 2,
    validFromMs: 60_000,
    validUntilMs: 90_000,
    expiresInSeconds: 30,
  });
});

test('the code of a whole step is the same, and that of the next is had from its first moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (atMs) => {
      const now = generateTotp({ ...base, atMs });
      expect(generateTotp({ ...base, atMs: now.validFromMs }).code).toBe(now.code);
      expect(generateTotp({ ...base, atMs: now.validUntilMs - 1 }).code).toBe(now.code);
      expect(generateTotp({ ...base, atMs: now.validUntilMs }).step).toBe(now.step + 1);
    }),
  );
});

test.each([
  ['period_out_of_range', { periodSeconds: 0 }],
  ['period_out_of_range', { periodSeconds: 1.5 }],
  ['period_out_of_range', { periodSeconds: 2 ** 31 }],
  ['period_out_of_range', { periodSeconds: Number.NaN }],
  ['time_out_of_range', { atMs: -1 }],
  ['time_out_of_range', { atMs: Number.NaN }],
  ['time_out_of_range', { atMs: Number.POSITIVE_INFINITY }],
  ['digits_out_of_range', { digits: 3 }],
  ['digits_out_of_range', { digits: 11 }],
  ['secret_missing', { secret: new Uint8Array() }],
  ['secret_too_short', { secret: new Uint8Array(4) }],
  ['secret_too_long', { secret: new Uint8Array(513) }],
  ['algorithm_unsupported', { algorithm: 'MD5' as OtpAlgorithm }],
])('refuses with %s: %j', (code, change) => {
  const attempt = () => generateTotp({ ...base, atMs: 0, ...change });
  expect(attempt).toThrow(OtpError);
  expect(attempt).toThrow(expect.objectContaining({ code }));
});

function seed(length: number): Uint8Array {
  return Buffer.from('1234567890'.repeat(7)).subarray(0, length);
}
