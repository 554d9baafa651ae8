import type { Transaction } from '@otpost/database';

const lockName = 'otpost wrapping of keys';

/**
 * Until the transaction ends, no KEK is activated or retired: what was wrapped meanwhile is committed before anybody counts what a KEK
 * still wraps. Taken before wrapping, by everyone who stores a wrapped key.
 */
export async function whileKeksStay(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${lockName}, 0)) IS NULL AS taken`;
}

/** Until the transaction ends, no key is wrapped and stored. For activating and retiring a KEK: milliseconds. */
export async function whileNothingIsWrapped(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lockName}, 0)) IS NULL AS taken`;
}
