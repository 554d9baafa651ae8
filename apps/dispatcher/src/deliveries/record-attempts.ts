import { orUnavailable, type AttemptTrigger, type DeliveryState, type Queryable } from '@otpost/database';
import { attemptSeconds } from './delivery-metrics.js';
import type { Answer } from './webhook-sender.js';

/** One request and what came of it, to be written down. */
export interface Attempt {
  id: string;
  deliveryId: string;
  trigger: AttemptTrigger;
  startedAtMs: number;
  durationMs: number;
  answer: Answer;
  /** What becomes of a delivery that is still pending, when the attempt failed. Null: it stays as it is. */
  onFailure: { state: Extract<DeliveryState, 'pending' | 'failed' | 'held'>; nextAttemptAtMs: number | null } | null;
}

/**
 * Writes attempts down and moves their deliveries on, at most one attempt per delivery, in one statement. May be repeated: an attempt that is
 * there changes nothing any more. A success counts whatever has become of the delivery meanwhile; a failure moves only what still is pending.
 * Of a delivery that is gone nothing is written.
 */
export async function recordAttempts(db: Queryable, workspaceId: string, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const rows = attempts.map(({ id, deliveryId, trigger, startedAtMs, durationMs, answer, onFailure }) => ({
    id,
    delivery_id: deliveryId,
    trigger,
    started_at: new Date(startedAtMs),
    duration_ms: durationMs,
    success: answer.success,
    status_code: answer.status,
    error: answer.error,
    response_body: answer.response,
    next_state: onFailure?.state ?? null,
    next_attempt_at: onFailure?.nextAttemptAtMs == null ? null : new Date(onFailure.nextAttemptAtMs),
  }));
  await orUnavailable(
    db.query({
      name: 'record_attempts',
      text: 'SELECT record_attempts($1, $2)',
      values: [workspaceId, JSON.stringify(rows)],
    }),
  );
  for (const { answer, durationMs } of attempts) {
    const outcome = answer.success ? 'delivered' : answer.status === null ? 'failed' : 'refused';
    attemptSeconds.observe({ outcome }, durationMs / 1_000);
  }
}
