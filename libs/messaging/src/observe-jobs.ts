import { Histogram } from 'prom-client';
import { metrics } from '@otpost/platform';
import type { JobOutcome } from './job-worker.js';

const duration = new Histogram({
  name: 'otpost_job_seconds',
  help: 'Time of one attempt at a job, by queue and outcome.',
  labelNames: ['queue', 'code'] as const,
  buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  registers: [metrics],
});

/** Times the jobs that a service handles. */
export function observeJobs({ queue, code, durationMs }: JobOutcome): void {
  duration.observe({ queue, code }, durationMs / 1_000);
}
