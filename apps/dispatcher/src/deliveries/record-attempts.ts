import type { AttemptTrigger, DeliveryState, Transaction } from '@otpost/database';
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
 * Writes attempts down and moves their deliveries on, at most one attempt per delivery. May be repeated: an attempt that is there changes
 * nothing any more. A success counts whatever has become of the delivery meanwhile; a failure moves only what still is pending. Of a
 * delivery that is gone nothing is written.
 */
export async function recordAttempts(
  tx: Transaction,
  workspaceId: string,
  attempts: readonly Attempt[],
): Promise<void> {
  if (attempts.length === 0) return;
  const rows = attempts.map(({ id, deliveryId, trigger, startedAtMs, durationMs, answer, onFailure }) => ({
    id,
    delivery_id: deliveryId,
    trigger,
    started_at: new Date(startedAtMs),
    ended_at: new Date(startedAtMs + durationMs),
    duration_ms: durationMs,
    success: answer.success,
    status_code: answer.status,
    error: answer.error,
    response_body: answer.response,
    next_state: onFailure?.state ?? null,
    next_attempt_at: onFailure?.nextAttemptAtMs == null ? null : new Date(onFailure.nextAttemptAtMs),
    is_scheduled: trigger === 'schedule',
  }));
  const deliveryIds = attempts.map(({ deliveryId }) => deliveryId);
  // Locked first, so that none can be deleted between being found and being written of.
  await tx.$executeRaw`
    WITH attempt AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS a(
        id uuid, delivery_id uuid, trigger attempt_trigger, started_at timestamptz, ended_at timestamptz, duration_ms integer,
        success boolean, status_code integer, error text, response_body text, next_state delivery_state, next_attempt_at timestamptz,
        is_scheduled boolean)
    ), present AS MATERIALIZED (
      SELECT id FROM delivery WHERE id = ANY (${deliveryIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE
    ), written AS (
      INSERT INTO delivery_attempt (
        id, workspace_id, delivery_id, trigger, started_at, duration_ms, success, status_code, error, response_body)
      SELECT a.id, ${workspaceId}::uuid, a.delivery_id, a.trigger, a.started_at, a.duration_ms, a.success, a.status_code, a.error,
        a.response_body
      FROM attempt a JOIN present p ON p.id = a.delivery_id
      ON CONFLICT (id) DO NOTHING
      RETURNING id
    )
    UPDATE delivery d SET
      state = CASE WHEN a.success THEN 'delivered' WHEN d.state = 'pending' AND a.next_state IS NOT NULL THEN a.next_state ELSE d.state END,
      next_attempt_at = CASE
        WHEN a.success THEN NULL
        WHEN d.state = 'pending' AND a.next_state IS NOT NULL THEN a.next_attempt_at
        ELSE d.next_attempt_at END,
      leased_until = CASE WHEN a.success OR a.is_scheduled THEN NULL ELSE d.leased_until END,
      attempt_count = d.attempt_count + a.is_scheduled::integer,
      delivered_at = CASE WHEN a.success THEN coalesce(d.delivered_at, a.ended_at) ELSE d.delivered_at END
    FROM attempt a JOIN written w ON w.id = a.id
    WHERE d.id = a.delivery_id`;
}
