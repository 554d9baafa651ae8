import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextAttemptAt, parseRetryAfter } from './retry-schedule.js';

const at = (attempts: number, random: number, retryAfterMs: number | null = null) =>
  nextAttemptAt(attempts, { nowMs: 0, retryAfterMs, random });

describe('nextAttemptAt', () => {
  it('makes eight attempts over about 28 hours', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7].map((attempts) => (at(attempts, 0.5) ?? NaN) / 60_000);
    expect(minutes).toEqual([5 / 60, 5, 30, 120, 300, 600, 600]);
    expect(minutes.reduce((sum, value) => sum + value, 0) / 60).toBeCloseTo(27.6, 1);
    expect(at(8, 0.5)).toBeNull();
  });

  it('is a tenth earlier or later at most', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, random) => {
          const middle = at(attempts, 0.5) ?? NaN;
          const delay = at(attempts, random) ?? NaN;
          expect(delay).toBeGreaterThanOrEqual(Math.floor(middle * 0.9));
          expect(delay).toBeLessThanOrEqual(Math.ceil(middle * 1.1));
        },
      ),
    );
  });

  it('comes later when asked to, by a day at most, and never earlier', () => {
    expect(at(1, 0.5, 60_000)).toBe(60_000);
    expect(at(2, 0.5, 1_000)).toBe(300_000);
    expect(at(1, 0.5, 1e12)).toBe(24 * 3_600_000);
    expect(at(8, 0.5, 60_000)).toBeNull();
  });
});

describe('parseRetryAfter', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);

  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 12:01:30 GMT', 90_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['-5x', null],
    [undefined, null],
    [['1', '2'], null],
  ])('reads %j as %j ms', (header, expected) => {
    expect(parseRetryAfter(header, nowMs)).toBe(expected);
  });
});
