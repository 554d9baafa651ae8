import { timingSafeEqual } from 'node:crypto';
import { AppError } from '@otpost/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from './database.js';

export interface IdempotentRequest {
  /** Null: a call with the root key. */
  workspaceId: string | null;
  /** Method and path pattern: `POST /v1/otp-secrets`. */
  route: string;
  /** The client's Idempotency-Key. */
  key: string;
  /** Keyed HMAC of the request's body. */
  bodyHmac: Uint8Array;
  now: Date;
}

export interface IdempotentOutcome {
  /** HTTP status of the first answer. */
  status: number;
  resourceId: string | null;
  /** A secret shown once, sealed. Kept for repeats for 10 minutes. */
  once?: Uint8Array;
  /** The data key that `once` is sealed under. */
  onceDataKeyId?: string;
}

export interface IdempotentResult {
  /** True: `create` did not run; the resource of an earlier call is meant. */
  replayed: boolean;
  status: number;
  resourceId: string | null;
  /** The sealed secret, while it is still kept. */
  once?: Uint8Array;
  onceDataKeyId?: string;
}

const recordTtlMs = 24 * 60 * 60 * 1000;
const onceTtlMs = 10 * 60 * 1000;

/**
 * Runs `create` at most once in 24 h for one workspace, route and key. The record is written in `create`'s own transaction (`tx`, READ
 * COMMITTED, with the workspace set): both are there or neither, and a failed call may be repeated. What is kept is an HMAC of the
 * body, the status and the resource's id, never a body.
 * @throws AppError `idempotency_key_reused`: the key came with another body. `idempotency_in_flight`: the first call has not ended.
 */
export async function runIdempotently(
  tx: Transaction,
  request: IdempotentRequest,
  create: (tx: Transaction) => Promise<IdempotentOutcome>,
): Promise<IdempotentResult> {
  const { workspaceId, route, key, now } = request;
  // Given back when the transaction ends in whatever way, also with its process: nothing is left to clean up.
  const lockName = JSON.stringify([workspaceId, route, key]);
  const [lock] = await tx.$queryRaw<[{ taken: boolean }]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${lockName}, 0)) AS taken`;
  if (!lock.taken) {
    throw new AppError('idempotency_in_flight', 'A request with this Idempotency-Key is still being answered.');
  }

  const record = await tx.idempotencyRecord.findFirst({ where: { workspaceId, route, key } });
  if (record !== null && record.expiresAt > now) {
    if (!sameBytes(record.bodyHmac, request.bodyHmac)) {
      throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used with another request body.');
    }
    const { status, resourceId, onceSecret, onceUntil, dataKeyId } = record;
    return {
      replayed: true,
      status,
      resourceId,
      ...(onceSecret !== null && onceUntil !== null && onceUntil > now && { once: onceSecret }),
      ...(dataKeyId !== null && { onceDataKeyId: dataKeyId }),
    };
  }

  if (record !== null) await tx.idempotencyRecord.delete({ where: { id: record.id } });
  const outcome = await create(tx);
  await tx.idempotencyRecord.create({
    data: {
      id: uuidv7(),
      workspaceId,
      route,
      key,
      bodyHmac: Uint8Array.from(request.bodyHmac),
      status: outcome.status,
      resourceId: outcome.resourceId,
      createdAt: now,
      expiresAt: new Date(now.getTime() + recordTtlMs),
      ...(outcome.once !== undefined && {
        onceSecret: Uint8Array.from(outcome.once),
        onceUntil: new Date(now.getTime() + onceTtlMs),
        dataKeyId: outcome.onceDataKeyId ?? null,
      }),
    },
  });
  return { replayed: false, ...outcome };
}

/** For a sweeper with the owner's role: drops expired records, and the secrets that are no longer kept. */
export async function sweepIdempotencyRecords(tx: Transaction, now: Date): Promise<void> {
  await tx.idempotencyRecord.deleteMany({ where: { expiresAt: { lte: now } } });
  await tx.idempotencyRecord.updateMany({
    where: { onceUntil: { lte: now } },
    data: { onceSecret: null, onceUntil: null, dataKeyId: null },
  });
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
