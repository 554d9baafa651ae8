import { Counter, Histogram } from 'prom-client';
import { metrics } from '@otpost/platform';

/** Counted as they are written: one whose transaction fails at its very end is counted once too often. */
export const secondsToCode = new Histogram({
  name: 'otpost_challenge_seconds',
  help: 'Time from the opening of a challenge to its code, by the factor that gave it.',
  labelNames: ['factor'] as const,
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600],
  registers: [metrics],
});

export const endedWithoutCode = new Counter({
  name: 'otpost_challenges_without_code_total',
  help: 'Challenges that ended without a code, by the reason.',
  labelNames: ['reason'] as const,
  registers: [metrics],
});
