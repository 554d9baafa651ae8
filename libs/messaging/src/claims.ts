import { consumerGroup, type RpcKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { claim, runScript } from './scripts.js';

/** An at-most-once request that a replica would like to begin. */
export interface Claimant {
  /** Message id, hex. */
  readonly id: string;
  readonly entryId: string;
  readonly deadline: number;
  readonly incarnation: string;
}

export type Verdict = 'begin' | 'moved' | 'begun' | 'repeated' | 'lost';

/** A claim outlives the deadline by this much: clocks of two machines may differ. */
const marginMs = 60_000;
const mostRemembered = 100_000;

/**
 * Sees to it that an at-most-once request begins in one replica only, and once. The record is in Redis, for all replicas, and
 * in memory, should somebody delete it there.
 */
export class Claims {
  private readonly begun = new Map<string, number>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RpcKeys,
    private readonly service: string,
    private readonly replica: string,
    private readonly now: () => number,
  ) {}

  /** Claims all of a batch in one command. Rejects when Redis is away: nothing may begin then. */
  async claim(batch: readonly Claimant[]): Promise<Verdict[]> {
    const keys = [this.keys.requests(this.service), ...batch.map(({ id }) => this.keys.claim(this.service, id))];
    const args = batch.flatMap(({ entryId, deadline, incarnation }) => [entryId, deadline + marginMs, incarnation]);
    const verdicts = (await runScript(this.connection.client, claim, keys, [
      consumerGroup,
      this.replica,
      ...args,
    ])) as Verdict[];
    return batch.map(({ id, deadline }, index) => {
      const verdict = verdicts[index] ?? 'lost';
      if (verdict !== 'begin') return verdict;
      if (this.begun.has(id)) return 'repeated';
      this.remember(id, deadline);
      return 'begin';
    });
  }

  private remember(id: string, deadline: number): void {
    this.begun.set(id, deadline + marginMs);
    if (this.begun.size < mostRemembered) return;
    const now = this.now();
    for (const [known, expires] of this.begun) if (expires < now) this.begun.delete(known);
    // Still too many: the oldest go. Redis remembers them.
    for (const known of this.begun.keys()) {
      if (this.begun.size < mostRemembered) break;
      this.begun.delete(known);
    }
  }
}
