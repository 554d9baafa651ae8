import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineQueue } from '../queues.js';
import { defineRpc } from '../rpc.js';

/**
 * `pending` is tried at `next_attempt_at`; `held` waits for its disabled endpoint to be enabled and recovered; `dropped` had lost
 * its point before it arrived.
 */
export const deliveryState = z.enum(['pending', 'delivered', 'failed', 'held', 'dropped']);

export const deliveryAttemptView = z.object({
  id: z.uuid(),
  trigger: z.enum(['schedule', 'retry', 'replay', 'test']),
  at: z.iso.datetime(),
  latency_ms: z.int(),
  success: z.boolean(),
  /** HTTP status; null: no answer came. */
  status: z.int().nullable(),
  /** What went wrong, as a stable word: `http_status`, `timeout`, `connection_refused`, `destination_refused`, ... */
  error: z.string().nullable(),
  /** The first 1,024 bytes of the answer's body. */
  response: z.string().nullable(),
});

export const deliveryView = z.object({
  id: z.uuid(),
  endpoint_id: z.uuid(),
  event_id: z.uuid(),
  event: z.string(),
  session_id: z.string().nullable(),
  state: deliveryState,
  /** Attempts by the schedule since it was made or recovered. */
  attempt_count: z.int(),
  next_attempt_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  delivered_at: z.iso.datetime().nullable(),
  /** The newest 20, oldest first. */
  attempts: z.array(deliveryAttemptView),
});
export type DeliveryView = z.output<typeof deliveryView>;

export const deliveryFilter = z.object({
  endpoint_id: z.uuid().nullable(),
  event_id: z.uuid().nullable(),
  state: deliveryState.nullable(),
});

export const listDeliveries = defineRpc({
  pattern: 'dispatcher.deliveries.list',
  request: workspaceCaller.extend({ filter: deliveryFilter, page: pageRequest }),
  response: pageOf(deliveryView),
});

export const getDelivery = defineRpc({
  pattern: 'dispatcher.deliveries.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: deliveryView,
});

/** One more attempt while the caller waits, whatever its state. A failure leaves state and schedule as they were. */
export const retryDelivery = defineRpc({
  pattern: 'dispatcher.deliveries.retry',
  request: workspaceCaller.extend({ id: z.uuid(), idempotency: idempotency.nullable() }),
  response: deliveryView,
  delivery: 'at-most-once',
  deadlineMs: 40_000,
});

/** Whatever of an endpoint was held or failed since a time is due again, with the whole schedule ahead of it. */
export const recoverDeliveries = defineRpc({
  pattern: 'dispatcher.deliveries.recover',
  request: workspaceCaller.extend({
    endpoint_id: z.uuid(),
    since: z.iso.datetime({ offset: true }),
    idempotency: idempotency.nullable(),
  }),
  response: z.object({ recovered: z.int() }),
  delivery: 'at-most-once',
  deadlineMs: 60_000,
});

/** The delivery log of a session, as CloudCruise's clients know it: one entry for each event and endpoint. */
export const sessionWebhookView = z.object({
  created_at: z.iso.datetime(),
  workflow_id: z.string().nullable(),
  session_id: z.string(),
  url: z.string(),
  delivered: z.boolean(),
  delivery_errors: z.array(z.string()),
  /** Milliseconds that the last attempt took; null: there was none yet. */
  duration: z.int().nullable(),
  /** Attempts after the first one. */
  retries: z.int(),
  /** The body, as it was sent or would be. */
  message: z.record(z.string(), z.json()),
});

export const listSessionWebhooks = defineRpc({
  pattern: 'dispatcher.deliveries.list-session',
  request: workspaceCaller.extend({ session_id: z.string().min(1).max(512) }),
  response: z.object({ webhook_events: z.array(sessionWebhookView) }),
});

/** Sends all of a session's events again, signed anew, while the caller waits. */
export const replaySession = defineRpc({
  pattern: 'dispatcher.deliveries.replay-session',
  request: workspaceCaller.extend({ session_id: z.string().min(1).max(512) }),
  response: z.object({
    status: z.string(),
    info: z.string(),
    nr_success: z.int(),
    nr_failed: z.int(),
    webhook_events: z.array(z.object({ success: z.boolean(), response: z.string(), error: z.string() })),
  }),
  delivery: 'at-most-once',
  deadlineMs: 110_000,
});

const endpointJob = z.object({ workspace_id: z.uuid(), endpoint_id: z.uuid() });

/** An endpoint has deliveries that are due. One job takes them all, so one per endpoint is enough. */
export const drainEndpoint = defineQueue({
  name: 'dispatcher.drain-endpoint',
  owner: 'dispatcher',
  job: endpointJob,
  jobId: ({ endpoint_id }) => endpoint_id,
});

/** The same for an endpoint that fails: a lane of its own, so that however many of them hang, no healthy one waits behind them. */
export const drainFailingEndpoint = defineQueue({
  name: 'dispatcher.drain-failing-endpoint',
  owner: 'dispatcher',
  job: endpointJob,
  jobId: ({ endpoint_id }) => endpoint_id,
});
