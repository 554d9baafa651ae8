import { AppError, type ServiceName } from '@otpost/contracts';
import type { RpcKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';
import { addRequests, runScript } from './scripts.js';

/** A message on its way into a service's stream. */
export interface Outgoing {
  /** Must not be added twice, whatever happens. */
  readonly atMostOnce: boolean;
  /** Nobody waits for it any more: it is not sent. */
  readonly settled: boolean;
  /** The sealed frame; the same bytes whenever it is asked for again with the same incarnation. */
  frame(incarnation: string): Buffer;
  /** It is in the stream, under this id. */
  added(entryId: string): void;
  /** It is not in the stream and will not be. */
  refused(error: AppError): void;
  /** The connection broke while it was being added, so that nobody knows whether it is. Called for at-most-once messages only. */
  unsure(): void;
}

/** Room that is assumed while no replica has said how much it takes. */
const assumedCapacity = 2_000;
/** Longer than any deadline. */
const oldestEntryMs = 300_000;
const retryMs = 100;

/**
 * What goes to one service. Everything handed over in one turn of the event loop leaves in one command; while Redis is away it
 * waits here. Messages that may be sent twice are, when the connection breaks under them.
 */
export class Outbox {
  private waiting: Outgoing[] = [];
  private isScheduled = false;
  private incarnation = '';

  constructor(
    private readonly service: ServiceName,
    private readonly connection: RedisConnection,
    private readonly keys: RpcKeys,
  ) {}

  add(message: Outgoing): void {
    this.waiting.push(message);
    this.schedule();
  }

  /** Sends what waits; to be called when the connection is back. */
  schedule(): void {
    if (this.isScheduled || this.waiting.length === 0 || !this.connection.ready) return;
    this.isScheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.isScheduled = false;
    const messages = this.waiting.filter((message) => !message.settled);
    this.waiting = [];
    const once = messages.filter((message) => message.atMostOnce);
    const repeatable = once.length === 0 ? messages : messages.filter((message) => !message.atMostOnce);
    if (repeatable.length > 0) void this.send(repeatable);
    if (once.length > 0) void (this.incarnation === '' ? this.learnIncarnation(once) : this.sendOnce(once));
  }

  private async send(messages: Outgoing[]): Promise<void> {
    try {
      this.settle(messages, await this.run(messages, ''));
    } catch {
      this.waiting.push(...messages);
      this.scheduleLater();
    }
  }

  /**
   * Adds messages that must not be repeated, bound to the present incarnation of Redis: they are not executed after a restart or
   * a failover, when the record of what has begun may be gone.
   */
  private async sendOnce(messages: Outgoing[]): Promise<void> {
    try {
      const answer = await this.run(messages, this.incarnation);
      if (answer[0] !== 'incarnation') return this.settle(messages, answer);
      // Redis is another one since: nothing was added.
      this.incarnation = '';
      this.waiting.push(...messages);
      this.schedule();
    } catch {
      for (const message of messages) message.unsure();
      // Later ones ask first, and wait for the answer: one node of a cluster may be away while the connection counts as ready.
      this.incarnation = '';
    }
  }

  /** Asks which Redis this is, adding nothing; the messages stay. */
  private async learnIncarnation(messages: Outgoing[]): Promise<void> {
    this.waiting.push(...messages);
    try {
      // None is called so.
      const [, present = ''] = await this.run([], 'unknown');
      this.incarnation = present;
      this.schedule();
    } catch {
      this.scheduleLater();
    }
  }

  private scheduleLater(): void {
    setTimeout(() => this.schedule(), retryMs * (0.5 + Math.random())).unref();
  }

  private async run(messages: readonly Outgoing[], incarnation: string): Promise<string[]> {
    const keys = [this.keys.requests(this.service), this.keys.capacity(this.service)];
    const frames = messages.map((message) => message.frame(incarnation));
    return (await runScript(this.connection.client, addRequests, keys, [
      assumedCapacity,
      incarnation,
      oldestEntryMs,
      ...frames,
    ])) as string[];
  }

  private settle(messages: readonly Outgoing[], entryIds: readonly string[]): void {
    messages.forEach((message, index) => {
      const entryId = entryIds[index];
      if (entryId) message.added(entryId);
      else message.refused(overloaded(`${this.service} has no room`));
    });
  }
}

export function overloaded(internal: string): AppError {
  return new AppError('overloaded', 'Too many requests at once, try again', { retryAfterSeconds: 1, internal });
}
