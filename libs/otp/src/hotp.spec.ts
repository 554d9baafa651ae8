import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateHotp, resynchronise } from './index.js';

const base = { secret: Buffer.from('12345678901234567890'), algorithm: 'SHA1', digits: 6 } as const;

/** RFC 4226 appendix D: the truncated decimals, of which a code is the last digits. */
const decimals = [
  1284755224, 1094287082, 137359152, 1726969429, 1640338314, 868254676, 1918287922, 82162583, 673399871, 645520489,
].map((decimal, counter) => ({ counter, decimal: String(decimal).padStart(10, '0') }));

describe.each([4, 5, 6, 7, 8, 9, 10])('RFC 4226 appendix D, %d digits', (digits) => {
  test.each(decimals)('counter $counter', ({ counter, decimal }) => {
    expect(generateHotp({ ...base, digits, counter })).toBe(decimal.slice(-digits));
  });
});

test('a counter is taken as a number or a bigint, to 2^53 - 1', () => {
  const counter = Number.MAX_SAFE_INTEGER;
  expect(generateHotp({ ...base, counter })).toBe(generateHotp({ ...base, counter: BigInt(counter) }));
});

test.each([-1, 0.5, Number.NaN, 2 ** 53, -1n, 2n ** 53n, 2n ** 64n])(
  'a counter of %p is refused by name',
  (counter) => {
    expect(() => generateHotp({ ...base, counter })).toThrow(
      expect.objectContaining({ name: 'OtpError', code: 'counter_out_of_range', field: 'counter' }),
    );
  },
);

describe('resynchronise', () => {
  const codesAt = (counter: number): [string, string] => [
    generateHotp({ ...base, counter }),
    generateHotp({ ...base, counter: counter + 1 }),
  ];

  test('finds two consecutive codes anywhere in the window and goes on after them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (fromCounter, distance, lookAhead) => {
          const codes = codesAt(fromCounter + distance);
          const next = resynchronise({ ...base, codes, fromCounter: BigInt(fromCounter), lookAhead });
          expect(next).toBe(distance < lookAhead ? fromCounter + distance + 2 : null);
        },
      ),
    );
  });

  test('never goes back: codes of used counters do not match', () => {
    expect(resynchronise({ ...base, codes: codesAt(4), fromCounter: 5, lookAhead: 100 })).toBeNull();
  });

  test('needs both codes, in order and without a gap', () => {
    const [first, second] = codesAt(7);
    const [third] = codesAt(9);
    for (const codes of [
      [first, first],
      [second, first],
      [first, third],
    ] as const) {
      expect(resynchronise({ ...base, codes, fromCounter: 0, lookAhead: 100 })).toBeNull();
    }
  });

  test('takes codes as people type them', () => {
    const [first, second] = codesAt(3);
    const spaced = [`${first.slice(0, 3)} ${first.slice(3)}`, ` ${second}\n`] as const;
    expect(resynchronise({ ...base, codes: spaced, fromCounter: 0, lookAhead: 10 })).toBe(5);
  });

  test('stops where there is no next counter', () => {
    const last = Number.MAX_SAFE_INTEGER;
    expect(resynchronise({ ...base, codes: codesAt(last - 2), fromCounter: last - 2, lookAhead: 5 })).toBe(last);
    expect(resynchronise({ ...base, codes: codesAt(last - 1), fromCounter: last - 2, lookAhead: 5 })).toBeNull();
    expect(resynchronise({ ...base, codes: codesAt(0), fromCounter: last, lookAhead: 1000 })).toBeNull();
  });

  test.each(['12345', '1234567', '12345a', '', '１２３４５６', '1'.repeat(100_000)])('refuses the code %#', (code) => {
    const attempt = () => resynchronise({ ...base, codes: ['000000', code], fromCounter: 0, lookAhead: 1 });
    expect(attempt).toThrow(expect.objectContaining({ code: 'code_malformed', field: 'codes' }));
  });

  test.each([0, 1001, 1.5, Number.NaN])('refuses to look %p counters ahead', (lookAhead) => {
    expect(() => resynchronise({ ...base, codes: ['000000', '000000'], fromCounter: 0, lookAhead })).toThrow(
      expect.objectContaining({ code: 'look_ahead_out_of_range' }),
    );
  });
});
