import { type DataKey } from './data-key.js';

export interface DataKeyCacheOptions {
  /** Reads and unwraps one data key. Concurrent misses of one key share a call; a failed call is not remembered. */
  load: (workspaceId: string, dataKeyId: string) => Promise<DataKey>;
  /** The most keys kept. The least recently used one goes first. */
  capacity: number;
  /** How long a key is kept after it was asked for from the KMS: a KEK that was disabled is felt this soon. */
  timeToLiveSeconds: number;
  /** Milliseconds of any clock that never goes back. */
  nowMilliseconds?: () => number;
}

interface Entry {
  readonly workspaceId: string;
  readonly loading: Promise<DataKey>;
  readonly expiresAtMilliseconds: number;
  key?: DataKey;
  users: number;
  dropped: boolean;
}

/**
 * Unwrapped data keys, so that a read does not cost a call to the KMS. Bounded in number and in time.
 *
 * A key that leaves the cache (evicted, expired, forgotten, cleared) is zeroed at once, unless it is in use: then by
 * its last user. So a read that has begun does not fail, and no key outlives both the cache and its users.
 */
export class DataKeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #options: DataKeyCacheOptions;
  readonly #nowMilliseconds: () => number;

  constructor(options: DataKeyCacheOptions) {
    this.#options = options;
    this.#nowMilliseconds = options.nowMilliseconds ?? (() => performance.now());
  }

  /**
   * Runs `work` with the key, which stays whole until `work` is done. Do not keep the key beyond that.
   *
   * Rejects with what `load` or `work` rejects with.
   */
  async use<T>(workspaceId: string, dataKeyId: string, work: (key: DataKey) => T | Promise<T>): Promise<T> {
    const entry = this.#entry(workspaceId, dataKeyId);
    entry.users += 1;
    try {
      return await work(entry.key ?? (await entry.loading));
    } finally {
      entry.users -= 1;
      zeroIfUnused(entry);
    }
  }

  /** Drops the keys of a deleted workspace, also those being loaded. */
  forget(workspaceId: string): void {
    this.#dropWhere((entry) => entry.workspaceId === workspaceId);
  }

  /** Drops what has expired. Call it every minute: a key that nobody asks for would stay in memory otherwise. */
  dropExpired(): void {
    const now = this.#nowMilliseconds();
    this.#dropWhere((entry) => entry.expiresAtMilliseconds <= now);
  }

  /** Drops everything, as at shutdown. */
  clear(): void {
    this.#dropWhere(() => true);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry, newly made if need be, as the most recently used one. */
  #entry(workspaceId: string, dataKeyId: string): Entry {
    // The workspace is part of the name: a key is not handed to a workspace whose row would not have unwrapped it.
    const name = JSON.stringify([workspaceId, dataKeyId]);
    let entry = this.#entries.get(name);
    if (entry && entry.expiresAtMilliseconds <= this.#nowMilliseconds()) {
      this.#drop(name, entry);
      entry = undefined;
    }
    this.#entries.delete(name);
    entry ??= this.#load(name, workspaceId, dataKeyId);
    this.#entries.set(name, entry);
    for (const [oldest, leastRecentlyUsed] of this.#entries) {
      if (this.#entries.size <= this.#options.capacity) break;
      this.#drop(oldest, leastRecentlyUsed);
    }
    return entry;
  }

  #load(name: string, workspaceId: string, dataKeyId: string): Entry {
    const entry: Entry = {
      workspaceId,
      loading: this.#options.load(workspaceId, dataKeyId),
      expiresAtMilliseconds: this.#nowMilliseconds() + this.#options.timeToLiveSeconds * 1000,
      users: 0,
      dropped: false,
    };
    entry.loading.then(
      (key) => (entry.key = key),
      () => this.#entries.get(name) === entry && this.#drop(name, entry),
    );
    return entry;
  }

  #dropWhere(chosen: (entry: Entry) => boolean): void {
    for (const [name, entry] of this.#entries) if (chosen(entry)) this.#drop(name, entry);
  }

  #drop(name: string, entry: Entry): void {
    this.#entries.delete(name);
    entry.dropped = true;
    zeroIfUnused(entry);
  }
}

function zeroIfUnused(entry: Entry): void {
  if (entry.dropped && entry.users === 0) entry.key?.destroy();
}
