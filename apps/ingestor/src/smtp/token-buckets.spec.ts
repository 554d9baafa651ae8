import { describe, expect, it } from '@jest/globals';
import { TokenBuckets } from './token-buckets.js';

describe('TokenBuckets', () => {
  it('gives ten seconds worth at once, then as fast as it fills', () => {
    let now = 0;
    const buckets = new TokenBuckets({ perMinute: 60, now: () => now });
    const takeAll = () => Array.from({ length: 20 }, () => buckets.take('a')).filter(Boolean).length;
    expect(takeAll()).toBe(10);
    now = 3_000;
    expect(takeAll()).toBe(3);
    now = 3_600_000;
    expect(takeAll()).toBe(10);
  });

  it('keeps addresses apart, and remembers a bounded number of them', () => {
    const buckets = new TokenBuckets({ perMinute: 6, now: () => 0, mostKeys: 2 });
    expect([buckets.take('a'), buckets.take('b'), buckets.take('a')]).toEqual([true, true, false]);
    expect([buckets.take('c'), buckets.take('b')]).toEqual([true, true]); // b was forgotten for c
  });
});
