import { describe, expect, it } from '@jest/globals';
import { nextTryAt } from './retry-schedule.js';

describe('the next try', () => {
  it('comes later each time, and not for ever', () => {
    const delays = Array.from({ length: 8 }, (_, index) => nextTryAt(index + 1, { nowMs: 0, random: 0.5 }));
    expect(delays.slice(0, 7)).toEqual([10, 60, 300, 900, 3_600, 7_200, 14_400].map((seconds) => seconds * 1_000));
    expect(delays[7]).toBeNull();
  });

  it('is up to a tenth earlier or later', () => {
    expect(nextTryAt(1, { nowMs: 5, random: 0 })).toBe(9_005);
    expect(nextTryAt(1, { nowMs: 5, random: 0.999_999 })).toBe(11_005);
  });
});
