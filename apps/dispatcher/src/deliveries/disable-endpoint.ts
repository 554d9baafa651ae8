import type { ResponseOf, getWebhookEndpoint } from '@otpost/contracts';
import { appendEvent, type Transaction } from '@otpost/database';

export type DisabledReason = NonNullable<ResponseOf<typeof getWebhookEndpoint>['disabled_reason']>;

/**
 * Disables an endpoint, in the caller's transaction: what waits for it is held, and the others are told. Deliveries that are under way end as
 * they end.
 * @returns whether it was enabled before; when it was, add the job `fanOutEvents` after the commit
 */
export async function disableEndpoint(
  tx: Transaction,
  {
    workspaceId,
    endpointId,
    reason,
    now,
  }: { workspaceId: string; endpointId: string; reason: DisabledReason; now: Date },
): Promise<boolean> {
  const [disabled] = await tx.$queryRaw<{ failing_since: Date | null }[]>`
    UPDATE webhook_endpoint
    SET enabled = false, disabled_at = ${now}::timestamptz, disabled_reason = ${reason}, updated_at = ${now}::timestamptz
    WHERE id = ${endpointId}::uuid AND enabled
    RETURNING failing_since`;
  if (disabled === undefined) return false;
  await holdDeliveries(tx, endpointId);
  await appendEvent(tx, workspaceId, {
    type: 'endpoint.disabled',
    payload: { endpoint_id: endpointId, reason, failing_since: disabled.failing_since?.toISOString() ?? null },
  });
  return true;
}

/** Keeps what waits for a disabled endpoint until somebody recovers it. */
export async function holdDeliveries(tx: Transaction, endpointId: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE delivery SET state = 'held', next_attempt_at = NULL, leased_until = NULL
    WHERE endpoint_id = ${endpointId}::uuid AND state = 'pending'`;
}
