/** Counts in Redis, for all gateways together. */
export interface RateCounter {
  /** Adds `amount` to the counter of one second and returns its new value. The counter vanishes by itself. */
  add(name: string, second: number, amount: number): Promise<number>;
}

export interface RateDecision {
  allowed: boolean;
  remaining: number;
  retryAfterSeconds: number;
}

interface Window {
  second: number;
  /** Leased from the shared counter and not yet used. */
  leased: number;
  /** Left of the limit, as far as the last lease told. */
  left: number;
  leasing: Promise<void> | undefined;
}

const shareOfLimitPerLease = 0.02;
const maxWindows = 50_000;

/**
 * A limit per second shared by all gateways, at a fraction of a Redis call per request: each gateway leases a fiftieth of the limit at a
 * time and spends it from memory. Limits under a hundred are counted one by one, exactly; of greater ones a gateway may leave up to a
 * fiftieth unspent when the second ends. When Redis does not answer, requests pass: the vault cannot be reached then either.
 */
export class RateLimiter {
  readonly #windows = new Map<string, Window>();

  constructor(
    private readonly counter: RateCounter,
    private readonly now: () => number,
  ) {}

  /** Takes one request of `limit` per second under `name`. Answers at once while a lease lasts. */
  take(name: string, limit: number): RateDecision | Promise<RateDecision> {
    const window = this.#windowOf(name, limit);
    return this.#spend(window) ?? this.#leaseThenSpend(name, limit, window);
  }

  #spend(window: Window): RateDecision | undefined {
    if (window.leased > 0) {
      window.leased -= 1;
      return { allowed: true, remaining: window.left + window.leased, retryAfterSeconds: 0 };
    }
    return window.left <= 0 ? { allowed: false, remaining: 0, retryAfterSeconds: 1 } : undefined;
  }

  async #leaseThenSpend(name: string, limit: number, window: Window): Promise<RateDecision> {
    for (;;) {
      window.leasing ??= this.#lease(name, limit, window).finally(() => {
        window.leasing = undefined;
      });
      try {
        await window.leasing;
      } catch {
        return { allowed: true, remaining: 0, retryAfterSeconds: 0 };
      }
      const decision = this.#spend(window);
      if (decision !== undefined) return decision;
    }
  }

  async #lease(name: string, limit: number, window: Window): Promise<void> {
    const amount = Math.max(1, Math.floor(limit * shareOfLimitPerLease));
    const total = await this.counter.add(name, window.second, amount);
    const granted = Math.max(0, Math.min(amount, limit - (total - amount)));
    window.leased += granted;
    window.left = Math.max(0, limit - total);
  }

  #windowOf(name: string, limit: number): Window {
    const second = Math.floor(this.now() / 1_000);
    const known = this.#windows.get(name);
    if (known?.second === second) return known;
    if (this.#windows.size >= maxWindows) this.#windows.clear();
    const window: Window = { second, leased: 0, left: limit, leasing: undefined };
    this.#windows.set(name, window);
    return window;
  }
}
