import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '@otpost/contracts';
import { OwnerDatabase, type Transaction } from '@otpost/database';
import { rewrapKey, type KeyContext, type KeyEncryption, type WrappedKey } from '@otpost/envelope';
import { deploymentTrail, recordAudit } from '../audit/record-audit.js';
import { keyEncryption } from './data-keys.js';
import { reasonOfThisKey } from './key-providers.js';
import { whileKeksStay } from './wrapping-lock.js';

export interface Rewrapped {
  activeKekId: string;
  rewrapped: number;
  /** Keys whose KEK is not at hand, or that it does not unwrap. They stay as they are. */
  failed: { id: string; reason: string }[];
}

export interface RewrapOptions {
  signal?: AbortSignal;
  onProgress?: (rewrapped: number) => void;
}

const pageSize = 1_000;
const lowestId = '00000000-0000-0000-0000-000000000000';

/**
 * Wraps every data key, and the private halves of the vault's key pairs, with the KEK that is active now. The keys themselves stay, so no
 * value is touched and no reader waits. Each key is a transaction of its own: killed and asked again, it goes on with those that are left.
 */
@Injectable()
export class KekRotation {
  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(keyEncryption) private readonly kek: KeyEncryption,
  ) {}

  async rewrapAll(caller: Caller, { signal, onProgress }: RewrapOptions = {}): Promise<Rewrapped> {
    const target = await this.kek.activeKekId();
    const done: Rewrapped = { activeKekId: target, rewrapped: 0, failed: [] };
    const notUnderTarget = { kekId: { not: target }, state: { not: 'destroyed' } } as const;
    const page = { select: { id: true }, orderBy: { id: 'asc' }, take: pageSize } as const;
    const { dataKey, vaultKeyPair } = this.owner.prisma;
    const kinds = [
      {
        ids: eachId((after) => dataKey.findMany({ where: { ...notUnderTarget, id: { gt: after } }, ...page })),
        rewrap: (tx: Transaction, id: string) => this.#rewrapDataKey(tx, caller, id, target),
      },
      {
        ids: eachId((after) => vaultKeyPair.findMany({ where: { ...notUnderTarget, id: { gt: after } }, ...page })),
        rewrap: (tx: Transaction, id: string) => this.#rewrapKeyPair(tx, caller, id, target),
      },
    ];
    for (const { ids, rewrap } of kinds) {
      for await (const id of ids) {
        signal?.throwIfAborted();
        try {
          if (!(await this.owner.asSystem((tx) => rewrap(tx, id)))) continue;
          done.rewrapped += 1;
          onProgress?.(done.rewrapped);
        } catch (error) {
          // A lost KEK, or a row that was tampered with, keeps no other key from being rewrapped.
          const reason = reasonOfThisKey(error);
          if (reason === undefined) throw error;
          done.failed.push({ id, reason: reason.message });
        }
      }
    }
    return done;
  }

  /** @returns false when there is nothing to do any more */
  async #rewrapDataKey(tx: Transaction, caller: Caller, id: string, target: string): Promise<boolean> {
    await whileKeksStay(tx);
    // Against another rewrapper. Who seals under the key holds a weaker lock: neither waits for the other.
    await tx.$queryRaw`SELECT id FROM data_key WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
    const row = await tx.dataKey.findUnique({ where: { id } });
    if (row?.wrapped == null || row.kekId === target) return false;
    const { workspaceId, kekId, wrapped } = row;
    const now = await this.#rewrap({ kekId, wrapped }, { workspaceId, keyId: id, purpose: 'data-key' });
    await tx.dataKey.update({ where: { id }, data: now });
    const resource = { type: 'data_key', id };
    await recordAudit(tx, caller, {
      workspaceId,
      action: 'data_key.rewrapped',
      resource,
      details: { from: kekId, to: now.kekId },
    });
    return true;
  }

  async #rewrapKeyPair(tx: Transaction, caller: Caller, id: string, target: string): Promise<boolean> {
    await whileKeksStay(tx);
    await tx.$queryRaw`SELECT id FROM vault_key_pair WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
    const row = await tx.vaultKeyPair.findUnique({ where: { id } });
    if (row?.privateKeyWrapped == null || row.kekId === target) return false;
    const { kekId, privateKeyWrapped } = row;
    const now = await this.#rewrap(
      { kekId, wrapped: privateKeyWrapped },
      { workspaceId: null, keyId: id, purpose: 'vault-key-pair' },
    );
    await tx.vaultKeyPair.update({ where: { id }, data: { kekId: now.kekId, privateKeyWrapped: now.wrapped } });
    const resource = { type: 'vault_key_pair', id };
    const details = { from: kekId, to: now.kekId };
    await recordAudit(tx, caller, {
      workspaceId: deploymentTrail,
      action: 'vault_key_pair.rewrapped',
      resource,
      details,
    });
    return true;
  }

  #rewrap(wrapped: WrappedKey, context: KeyContext): Promise<WrappedKey> {
    return rewrapKey(this.kek, this.kek, wrapped, context);
  }
}

/** Page by page, so that any number of keys takes the memory of one page. */
async function* eachId(pageAfter: (id: string) => Promise<{ id: string }[]>): AsyncGenerator<string> {
  let after = lowestId;
  for (;;) {
    const page = await pageAfter(after);
    for (const { id } of page) yield id;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}
