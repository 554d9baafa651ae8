import { describe, expect, it } from '@jest/globals';
import { CredentialLimit } from './credential-limit.js';
import { RateLimiter, type RateCounter } from './rate-limiter.js';

class Counter implements RateCounter {
  calls = 0;
  readonly #totals = new Map<string, number>();

  async add(name: string, second: number, amount: number): Promise<number> {
    this.calls += 1;
    const key = `${name} ${second}`;
    const total = (this.#totals.get(key) ?? 0) + amount;
    this.#totals.set(key, total);
    await Promise.resolve();
    return total;
  }
}

async function allowedOf(limiter: RateLimiter, count: number, limit: number): Promise<number> {
  const decisions = await Promise.all(Array.from({ length: count }, async () => limiter.take('k', limit)));
  return decisions.filter(({ allowed }) => allowed).length;
}

describe('RateLimiter', () => {
  it.each([1, 5, 99])('lets exactly %d requests of a second pass', async (limit) => {
    const limiter = new RateLimiter(new Counter(), () => 0);
    expect(await allowedOf(limiter, limit * 2, limit)).toBe(limit);
  });

  it('never lets more pass than the limit, whichever gateway they come to', async () => {
    const counter = new Counter();
    const gateways = Array.from({ length: 3 }, () => new RateLimiter(counter, () => 0));
    const allowed = await Promise.all(gateways.map((limiter) => allowedOf(limiter, 1_000, 1_000)));
    const sum = allowed.reduce((total, count) => total + count, 0);
    expect(sum).toBeLessThanOrEqual(1_000);
    expect(sum).toBeGreaterThanOrEqual(940);
  });

  it('asks Redis once for a fiftieth of the limit', async () => {
    const counter = new Counter();
    await allowedOf(new RateLimiter(counter, () => 0), 5_000, 5_000);
    expect(counter.calls).toBeLessThanOrEqual(51);
  });

  it('begins anew each second, and says when', async () => {
    let now = 0;
    const limiter = new RateLimiter(new Counter(), () => now);
    expect(await allowedOf(limiter, 4, 2)).toBe(2);
    expect(await limiter.take('k', 2)).toEqual({ allowed: false, remaining: 0, retryAfterSeconds: 1 });
    now = 1_000;
    expect(await allowedOf(limiter, 4, 2)).toBe(2);
  });

  it('lets requests pass while Redis does not answer', async () => {
    const limiter = new RateLimiter({ add: () => Promise.reject(new Error('away')) }, () => 0);
    expect(await allowedOf(limiter, 10, 1)).toBe(10);
  });
});

describe('CredentialLimit', () => {
  it('holds one credential to its limit, and leaves the others alone', async () => {
    const limit = new CredentialLimit(new RateLimiter(new Counter(), () => 0), 1);
    await limit.take('w', 'alice', 'github.com');
    await expect(limit.take('w', 'alice', 'github.com')).rejects.toMatchObject({ code: 'rate_limited' });
    await limit.take('w', 'bob', 'github.com');
    await limit.take('other', 'alice', 'github.com');
  });

  it('is off unless it is set', async () => {
    const limit = new CredentialLimit(new RateLimiter(new Counter(), () => 0), undefined);
    for (let read = 0; read < 10; read += 1) await limit.take('w', 'a');
  });
});
