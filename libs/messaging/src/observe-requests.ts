import { Histogram } from 'prom-client';
import { metrics, type Logger } from '@otpost/platform';
import type { RequestOutcome } from './request-desk.js';

const duration = new Histogram({
  name: 'otpost_rpc_request_seconds',
  help: 'Time from taking a request or an event to its end, by pattern and outcome.',
  labelNames: ['pattern', 'code'] as const,
  buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

/** Times what a service handles, and logs it under the id of the HTTP request that it is part of: at `debug`, since the gateway says the rest. */
export function observeRequests(logger: Logger): (outcome: RequestOutcome) => void {
  return ({ pattern, code, durationMs, requestId }) => {
    duration.observe({ pattern, code }, durationMs / 1_000);
    logger.debug('rpc.handled', { request_id: requestId, pattern, code, duration_ms: durationMs });
  };
}
