import { Histogram } from 'prom-client';
import { metrics } from '@otpost/platform';

/** Of all attempts: `delivered`, or why not. Which endpoint it was is in its deliveries, not here. */
export const attemptSeconds = new Histogram({
  name: 'otpost_webhook_attempt_seconds',
  help: 'Time of one attempt to deliver a webhook, by outcome: delivered, refused (an answer that is not 2xx) or failed (no answer).',
  labelNames: ['outcome'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
  registers: [metrics],
});
