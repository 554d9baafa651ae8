import { Counter, Histogram } from 'prom-client';
import { metrics } from '@otpost/platform';

/** How a message from outside ended. */
export type InboundOutcome =
  | 'stored'
  | 'repeat'
  | 'refused'
  | 'ambiguous'
  | 'confirmation'
  | 'bad_proof'
  | 'unknown_recipient'
  | 'pending_approval'
  | 'too_large'
  | 'malformed'
  | 'cut_off'
  | 'unavailable';

export const inboundMessages = new Counter({
  name: 'otpost_inbound_messages_total',
  help: 'Messages from outside, by the way they came and how they ended.',
  labelNames: ['source', 'outcome'] as const,
  registers: [metrics],
});

export const storedSeconds = new Histogram({
  name: 'otpost_inbound_stored_seconds',
  help: 'Time from the last byte of a message to its row.',
  labelNames: ['source'] as const,
  buckets: [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers: [metrics],
});

export const requeuedJobs = new Counter({
  name: 'otpost_inbound_requeued_jobs_total',
  help: 'Jobs for the vault that the sweeper added again.',
  registers: [metrics],
});

export const lostThreads = new Counter({
  name: 'otpost_inbound_lost_threads_total',
  help: 'Threads ended over a message that took too long or too much memory.',
  labelNames: ['reason'] as const,
  registers: [metrics],
});
