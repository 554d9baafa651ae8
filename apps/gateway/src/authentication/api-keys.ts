import type { Scope } from '@otpost/contracts';

/** What is known of an API key before its workspace is: ids and proof material only. */
export interface KnownKey {
  id: string;
  /** Whose limit its requests count against: tokens share that of the key they were minted with. */
  countedAs: string;
  workspaceId: string;
  /** Of a session in the console: the seat that signed in, and acts. */
  seatId: string | null;
  secretHash: Uint8Array;
  scopes: ReadonlySet<Scope>;
  expiresAtMs: number | null;
  rateLimitPerSecond: number | null;
}

/** Where keys are found. Null: unknown or revoked, which nobody may tell apart. */
export interface KeySource {
  find(id: string): Promise<KnownKey | null>;
}

export interface KeyCacheOptions {
  source: KeySource;
  now: () => number;
  /** Whether word of changes would arrive at this moment. While it would not, the truth is asked each time. */
  isLive: () => boolean;
  /** The longest that an entry may be believed when no word of a change has come. */
  ttlMs?: number;
  maxEntries?: number;
}

/**
 * Keys that were found lately. The vault tells every gateway when one changes; `forget` drops it at once. When that line was cut,
 * `forgetAll` empties the cache, and at the latest after `ttlMs` the truth is asked again. Unknown keys are not kept: a key
 * works from the moment it is made.
 */
export class KeyCache {
  readonly #source: KeySource;
  readonly #now: () => number;
  readonly #isLive: () => boolean;
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #entries = new Map<string, { key: KnownKey; until: number }>();
  readonly #underWay = new Map<string, Promise<KnownKey | null>>();
  /** Counts invalidations: a look-up that began before one may not be kept after it. */
  #generation = 0;

  constructor({ source, now, isLive, ttlMs = 15_000, maxEntries = 10_000 }: KeyCacheOptions) {
    this.#source = source;
    this.#now = now;
    this.#isLive = isLive;
    this.#ttlMs = ttlMs;
    this.#maxEntries = maxEntries;
  }

  async find(id: string): Promise<KnownKey | null> {
    if (!this.#isLive()) return this.#source.find(id);
    const entry = this.#entries.get(id);
    if (entry !== undefined && entry.until > this.#now()) return entry.key;
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return underWay;
    const lookUp = this.#lookUp(id).finally(() => {
      if (this.#underWay.get(id) === lookUp) this.#underWay.delete(id);
    });
    this.#underWay.set(id, lookUp);
    return lookUp;
  }

  forget(id: string): void {
    this.#generation += 1;
    this.#entries.delete(id);
    this.#underWay.delete(id);
  }

  forgetAll(): void {
    this.#generation += 1;
    this.#entries.clear();
    this.#underWay.clear();
  }

  async #lookUp(id: string): Promise<KnownKey | null> {
    const generation = this.#generation;
    const key = await this.#source.find(id);
    if (key !== null && generation === this.#generation) {
      const oldest = this.#entries.size >= this.#maxEntries ? this.#entries.keys().next().value : undefined;
      if (oldest !== undefined) this.#entries.delete(oldest);
      this.#entries.set(id, { key, until: this.#now() + this.#ttlMs });
    }
    return key;
  }
}
