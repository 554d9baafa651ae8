import type { Idempotency } from '@otpost/contracts';
import { runIdempotently, type IdempotentOutcome, type IdempotentResult, type Transaction } from '@otpost/database';

/** Runs `work` at most once for an `Idempotency-Key`, in `tx`; without a key, always. A repeat gets what the first call left. */
export async function runOnce(
  tx: Transaction,
  { workspaceId, idempotency, now }: { workspaceId: string; idempotency: Idempotency | null; now: Date },
  work: () => Promise<IdempotentOutcome>,
): Promise<IdempotentResult> {
  if (idempotency === null) return { replayed: false, ...(await work()) };
  const { route, key, body_hmac } = idempotency;
  return runIdempotently(tx, { workspaceId, route, key, bodyHmac: Buffer.from(body_hmac, 'hex'), now }, work);
}
