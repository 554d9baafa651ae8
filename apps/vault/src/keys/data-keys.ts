import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { orUnavailable, OwnerDatabase, type Queryable, type Transaction } from '@otpost/database';
import { DataKey, DataKeyCache, unwrapDataKey, wrapDataKey, type KeyEncryption } from '@otpost/envelope';
import { AppError } from '@otpost/contracts';
import { whileKeksStay } from './wrapping-lock.js';

export const keyEncryption = Symbol('KeyEncryption');

const cacheCapacity = 2_000;

/**
 * The data-encryption keys of all workspaces: the one way to them in this process. Keys are unwrapped by the KEK's port,
 * kept for minutes, and zeroed.
 */
@Injectable()
export class DataKeys {
  readonly #cache: DataKeyCache;
  readonly #uncommitted = new Map<string, DataKey>();

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(keyEncryption) private readonly kek: KeyEncryption,
    @Inject('DATA_KEY_CACHE_SECONDS') cacheSeconds: number,
  ) {
    this.#cache = new DataKeyCache({
      capacity: cacheCapacity,
      timeToLiveSeconds: cacheSeconds,
      load: (workspaceId, dataKeyId) => this.#load(workspaceId, dataKeyId),
    });
    setInterval(() => this.#cache.dropExpired(), 60_000).unref();
  }

  /** Runs `work` with one key of the workspace. Do not keep the key beyond that. */
  use<T>(workspaceId: string, dataKeyId: string, work: (key: DataKey) => T | Promise<T>): Promise<T> {
    return this.#cache.use(workspaceId, dataKeyId, work);
  }

  /**
   * Runs `work` with the key that new values are sealed under. The key's row stays locked (FOR KEY SHARE) until the transaction ends: a
   * rotation that retires the key locks it FOR UPDATE and so waits, and no row can be written under a key that rotation believes unused.
   * Rewrapping the key is no such change: neither waits for the other.
   */
  async useActive<T>(tx: Transaction, workspaceId: string, work: (key: DataKey) => T | Promise<T>): Promise<T> {
    // A rotation that commits while this waits for the row leaves it retired and the new one out of this statement's sight: the
    // second look sees the new one.
    const id = (await activeKeyId(tx, workspaceId)) ?? (await activeKeyId(tx, workspaceId));
    if (id === undefined) throw new AppError('internal', 'the workspace has no active key', { internal: workspaceId });
    return this.use(workspaceId, id, work);
  }

  /** The key to seal under, for whoever writes with a function that looks again, and locks the key. */
  async activeId(workspaceId: string, db: Queryable): Promise<string> {
    const { rows } = await orUnavailable(
      db.query<{ id: string | null }>({
        name: 'active_data_key_id',
        text: 'SELECT active_data_key_id($1) AS id',
        values: [workspaceId],
      }),
    );
    const id = rows[0]?.id;
    if (id == null) throw new AppError('internal', 'the workspace has no active key', { internal: workspaceId });
    return id;
  }

  /**
   * Makes a key of a workspace; its row is in the caller's transaction, and `use` finds it before that is committed.
   * Call `settled` once the transaction has ended, either way.
   * @returns the key's id
   */
  async create(tx: Transaction, workspaceId: string, version: number): Promise<string> {
    const key = DataKey.generate(uuidv7(), version);
    this.#uncommitted.set(key.id, key);
    await whileKeksStay(tx);
    const { id, kekId, wrapped } = await wrapDataKey(this.kek, key, workspaceId);
    await tx.dataKey.create({ data: { id, workspaceId, version, kekId, wrapped } });
    return id;
  }

  settled(dataKeyId: string): void {
    this.#uncommitted.get(dataKeyId)?.destroy();
    this.#uncommitted.delete(dataKeyId);
  }

  /** After a workspace was deleted: nothing of it can be opened any more, here at once. */
  forget(workspaceId: string): void {
    this.#cache.forget(workspaceId);
  }

  /** Word of a deleted workspace may have been missed. */
  forgetAll(): void {
    this.#cache.clear();
  }

  /** Over the owner's own connections: a transaction that waits for a key must not wait for a connection of its own pool. */
  async #load(workspaceId: string, dataKeyId: string): Promise<DataKey> {
    const uncommitted = this.#uncommitted.get(dataKeyId);
    if (uncommitted !== undefined)
      return new DataKey(dataKeyId, uncommitted.version, Uint8Array.from(uncommitted.reveal()));
    const row = await this.owner.prisma.dataKey.findFirst({ where: { id: dataKeyId, workspaceId } });
    if (row?.wrapped == null)
      throw new AppError('not_found', 'not found', { internal: `data key ${dataKeyId} is gone` });
    return unwrapDataKey(this.kek, { ...row, wrapped: row.wrapped });
  }
}

async function activeKeyId(tx: Transaction, workspaceId: string): Promise<string | undefined> {
  const [active] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM data_key WHERE workspace_id = ${workspaceId}::uuid AND state = 'active' FOR KEY SHARE`;
  return active?.id;
}
