import { AppError, type Caller } from '@otpost/contracts';
import type { OwnerDatabase, Transaction } from '@otpost/database';
import { activateKeyringKey, addKeyringKey, readKeyringFile, retireKeyringKey } from '@otpost/envelope';
import { deploymentTrail, recordAudit } from '../audit/record-audit.js';
import { whileNothingIsWrapped } from './wrapping-lock.js';

/** What a KEK still wraps. */
export interface WrappedCount {
  dataKeys: number;
  keyPairs: number;
}

/**
 * Makes another KEK of the keyring file the active one: the newest that has not been active yet, or a new one. While an earlier rotation
 * has not ended (something is still under another KEK than the active one), that one is to be ended first, and nothing changes here.
 *
 * @returns the KEK that is active now, and whether it is so since this call
 */
export async function activateNextKek(
  owner: OwnerDatabase,
  keyringFile: string,
  caller: Caller,
): Promise<{ kekId: string; activated: boolean }> {
  return owner.asSystem(async (tx) => {
    // Whoever wraps a key and stores it has ended before, or finds the new KEK: one pass over the rows is enough.
    await whileNothingIsWrapped(tx);
    const { activeKekId, keys } = readKeyringFile(keyringFile);
    const usage = await countByKek(tx);
    if ([...usage.keys()].some((kekId) => kekId !== activeKekId)) return { kekId: activeKekId, activated: false };
    const active = keys.find((key) => key.kekId === activeKekId);
    // Added for other hosts to have it first, or by a run that was killed.
    const waiting = keys.filter((key) => active !== undefined && key.createdAt > active.createdAt).at(-1);
    const kekId = waiting?.kekId ?? addKeyringKey(keyringFile);
    await recordAudit(tx, caller, {
      workspaceId: deploymentTrail,
      action: 'kek.activated',
      resource: { type: 'kek', id: kekId },
      details: { replaces: activeKekId },
    });
    activateKeyringKey(keyringFile, kekId);
    return { kekId, activated: true };
  });
}

/**
 * Destroys a KEK of the keyring file.
 *
 * @throws AppError `conflict` while it wraps anything; EnvelopeError `keyring_key_active`, `unknown_kek`
 */
export async function retireKek(
  owner: OwnerDatabase,
  keyringFile: string,
  caller: Caller,
  kekId: string,
): Promise<void> {
  await owner.asSystem(async (tx) => {
    await whileNothingIsWrapped(tx);
    const wraps = (await countByKek(tx)).get(kekId);
    if (wraps !== undefined) {
      throw new AppError(
        'conflict',
        `${kekId} still wraps ${wraps.dataKeys} data keys and ${wraps.keyPairs} key pairs: run rotate-kek first`,
      );
    }
    await recordAudit(tx, caller, {
      workspaceId: deploymentTrail,
      action: 'kek.retired',
      resource: { type: 'kek', id: kekId },
    });
    retireKeyringKey(keyringFile, kekId);
  });
}

/** The KEKs that wrap anything, with how much. */
export async function countByKek(tx: Transaction): Promise<Map<string, WrappedCount>> {
  const where = { state: { not: 'destroyed' } } as const;
  const dataKeys = await tx.dataKey.groupBy({ by: 'kekId', where, _count: true });
  const keyPairs = await tx.vaultKeyPair.groupBy({ by: 'kekId', where, _count: true });
  const counts = new Map<string, WrappedCount>(
    dataKeys.map(({ kekId, _count }) => [kekId, { dataKeys: _count, keyPairs: 0 }]),
  );
  for (const { kekId, _count } of keyPairs)
    counts.set(kekId, { dataKeys: counts.get(kekId)?.dataKeys ?? 0, keyPairs: _count });
  return counts;
}
