import { notFound } from '@otpost/contracts';
import type { Transaction } from '@otpost/database';

/**
 * A session is known from its first challenge or event on.
 * @throws AppError `not_found`
 */
export async function assertSessionKnown(tx: Transaction, workspaceId: string, sessionId: string): Promise<void> {
  const where = { workspaceId, sessionId };
  const known =
    (await tx.event.findFirst({ where, select: { id: true } })) ??
    (await tx.challenge.findFirst({ where, select: { id: true } }));
  if (known === null) throw notFound('session');
}
