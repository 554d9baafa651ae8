import { consumerGroup } from './keys.js';
import type { Messaging } from './messaging.js';
import type { StreamEntry } from './request-reader.js';
import { beat, leave, reap, runScript } from './scripts.js';

/** Without a sign of life for so long, a replica is taken for dead. */
const lifeMs = 3_000;
const beatIntervalMs = 1_000;
const mostReaped = 128;

export interface MembershipOptions {
  /** How many requests this replica takes at once. */
  capacity: number;
  /** How many more it takes at this moment. */
  room: () => number;
  accept: (entries: StreamEntry[]) => void;
}

/** A replica's place among the others of its service: signs of life, and taking over from those that give none. */
export class Membership {
  private timer: NodeJS.Timeout | undefined;
  /** Epoch ms. When all replicas have just lost Redis, those that come back first must not take the others for dead. */
  private mayReapAt = Infinity;
  private isRetired = false;
  private readonly requests: string;
  private readonly replicas: string;
  private readonly capacity: string;

  constructor(
    private readonly messaging: Messaging,
    service: string,
    private readonly replica: string,
    private readonly options: MembershipOptions,
  ) {
    const { keys, commands } = messaging;
    this.requests = keys.requests(service);
    this.replicas = keys.replicas(service);
    this.capacity = keys.capacity(service);
    commands.onLost(() => (this.mayReapAt = Infinity));
  }

  /** Announces this replica, makes stream and group, and goes on doing so. Rejects when Redis is away. */
  async join(): Promise<void> {
    await this.beat();
    this.timer ??= setInterval(() => void this.tick(), beatIntervalMs * (0.9 + Math.random() * 0.2));
  }

  /** Takes over what is in the hands of replicas that are gone. */
  async reap(): Promise<void> {
    const room = Math.min(this.options.room(), mostReaped);
    if (this.isRetired || room <= 0 || this.messaging.now() < this.mayReapAt) return;
    const args = [consumerGroup, this.replica, room];
    const taken = await runScript(this.client, reap, [this.requests, this.replicas], args, 'bytes');
    const entries = (taken as [Buffer, Buffer, number][]).map(([id, frame, deliveries]) => {
      return { id: id.toString('latin1'), frame, deliveries };
    });
    if (entries.length > 0) this.options.accept(entries);
  }

  /**
   * Takes no more part in sharing out requests, and hands those that Redis has given it beyond `held` to a replica that does not
   * live, where the others find them.
   */
  async retire(held: ReadonlySet<string>): Promise<void> {
    this.isRetired = true;
    await this.beat();
    const pending = (await this.client.xpending(this.requests, consumerGroup, '-', '+', 10_000, this.replica)) as [
      string,
    ][];
    const unheld = pending.map(([entryId]) => entryId).filter((entryId) => !held.has(entryId));
    if (unheld.length === 0) return;
    await this.client.call('XCLAIM', this.requests, consumerGroup, `${this.replica}-left`, 0, ...unheld, 'JUSTID');
  }

  /** Takes itself off the list. What is still in hand is the others'. */
  async leave(): Promise<void> {
    this.stop();
    await runScript(this.client, leave, [this.requests, this.replicas], [consumerGroup, this.replica]);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private get client() {
    return this.messaging.commands.client;
  }

  private async tick(): Promise<void> {
    if (!this.messaging.commands.ready) return;
    try {
      await this.beat();
      await this.reap();
    } catch {
      // Redis is going away; the reader joins again.
    }
  }

  private async beat(): Promise<void> {
    const capacity = this.isRetired ? 0 : this.options.capacity;
    const keys = [this.requests, this.replicas, this.capacity];
    const late = await runScript(this.client, beat, keys, [consumerGroup, this.replica, capacity, lifeMs]);
    if (late === 1 || this.mayReapAt === Infinity) this.mayReapAt = this.messaging.now() + lifeMs;
  }
}
