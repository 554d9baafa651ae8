import { notFound, type DeliveryView } from '@otpost/contracts';
import type { Prisma, Transaction } from '@otpost/database';

const shownAttempts = 20;

/** What a view needs beside the row. */
export const withAttempts = {
  event: { select: { type: true, sessionId: true } },
  attempts: { orderBy: { id: 'desc' }, take: shownAttempts },
} as const satisfies Prisma.DeliveryInclude;

export type DeliveryRow = Prisma.DeliveryGetPayload<{ include: typeof withAttempts }>;

/** @throws AppError `not_found` */
export async function readDelivery(tx: Transaction, id: string): Promise<DeliveryView> {
  const row = await tx.delivery.findUnique({ where: { id }, include: withAttempts });
  if (row === null) throw notFound('delivery');
  return viewOfDelivery(row);
}

export function viewOfDelivery(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    endpoint_id: row.endpointId,
    event_id: row.eventId,
    event: row.event.type,
    session_id: row.event.sessionId,
    state: row.state,
    attempt_count: row.attemptCount,
    next_attempt_at: row.nextAttemptAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    delivered_at: row.deliveredAt?.toISOString() ?? null,
    attempts: row.attempts.toReversed().map((attempt) => ({
      id: attempt.id,
      trigger: attempt.trigger,
      at: attempt.startedAt.toISOString(),
      latency_ms: attempt.durationMs,
      success: attempt.success,
      status: attempt.statusCode,
      error: attempt.error,
      response: attempt.responseBody,
    })),
  };
}
