export interface TokenBucketOptions {
  perMinute: number;
  /** Epoch milliseconds. */
  now?: () => number;
  /** Keys remembered; beyond them those longest unused are forgotten, which gives them a full bucket. */
  mostKeys?: number;
}

/** How often each address may do something: a bucket that holds ten seconds' worth and fills evenly. In this process alone. */
export class TokenBuckets {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();
  private readonly capacity: number;
  private readonly perMs: number;
  private readonly now: () => number;
  private readonly mostKeys: number;

  constructor({ perMinute, now = Date.now, mostKeys = 10_000 }: TokenBucketOptions) {
    this.capacity = Math.max(1, perMinute / 6);
    this.perMs = perMinute / 60_000;
    this.now = now;
    this.mostKeys = mostKeys;
  }

  /** Takes a token; false where none is left. */
  take(key: string): boolean {
    const at = this.now();
    const known = this.buckets.get(key) ?? { tokens: this.capacity, at };
    const tokens = Math.min(this.capacity, known.tokens + (at - known.at) * this.perMs);
    this.buckets.delete(key);
    this.buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, at });
    const oldest = this.buckets.keys().next().value;
    if (this.buckets.size > this.mostKeys && oldest !== undefined) this.buckets.delete(oldest);
    return tokens >= 1;
  }
}
