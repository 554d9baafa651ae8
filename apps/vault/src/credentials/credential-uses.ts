import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { OwnerDatabase } from '@otpost/database';

const flushIntervalMs = 10_000;
const maxKept = 10_000;

/**
 * When each credential's code was read last, which its expiry from last use counts from: written every ten seconds for all of them at once, so that
 * reading a code stays a read. A crash loses at most those ten seconds.
 */
@Injectable()
export class CredentialUses implements OnApplicationShutdown {
  #usedAt = new Map<string, Date>();
  readonly #timer: NodeJS.Timeout;

  constructor(@Inject(OwnerDatabase) private readonly owner: OwnerDatabase) {
    this.#timer = setInterval(() => void this.flush(), flushIntervalMs).unref();
  }

  record(credentialId: string): void {
    if (this.#usedAt.size < maxKept || this.#usedAt.has(credentialId)) this.#usedAt.set(credentialId, new Date());
  }

  async flush(): Promise<void> {
    if (this.#usedAt.size === 0) return;
    const used = this.#usedAt;
    this.#usedAt = new Map();
    const text = `UPDATE credential c SET last_used_at = greatest(c.last_used_at, used.at)
      FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE c.id = used.id`;
    try {
      await this.owner.pool.query(text, [[...used.keys()], [...used.values()]]);
    } catch {
      // PostgreSQL is away: what was used meanwhile again is told next time.
      for (const [id, at] of used) if (!this.#usedAt.has(id)) this.#usedAt.set(id, at);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
