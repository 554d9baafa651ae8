import { expect, it } from '@jest/globals';
import { retryDelayMs } from './open-redis.js';

it('the time between attempts to connect grows, is bounded, and is not the same for all', () => {
  const delays = (attempt: number) => Array.from({ length: 100 }, () => retryDelayMs(attempt));
  expect(Math.max(...delays(1))).toBeLessThanOrEqual(50);
  expect(Math.min(...delays(20))).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...delays(1_000))).toBeLessThanOrEqual(2_000);
  expect(new Set(delays(20)).size).toBeGreaterThan(10);
});
