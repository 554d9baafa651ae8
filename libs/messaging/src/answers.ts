import type { ChainableCommander } from 'ioredis';
import { consumerGroup, type RpcKeys } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

/** How long a reply waits for an asking process that has lost its connection. */
const replyLifeMs = 60_000;
const retryMs = 100;

/**
 * Sends replies and takes answered requests out of the stream, all of one turn of the event loop together. A reply always goes
 * before its request is taken out: a replica that dies in between leaves a request to be answered again, never one without answer.
 * While Redis is away everything waits here; the stream is not read then, so that it is no more than what is in hand.
 */
export class Answers {
  private replies = new Map<string, Buffer[]>();
  private done: string[] = [];
  private isScheduled = false;
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RpcKeys,
    private readonly requestsKey: string,
    /** Told when entries are no longer in the stream. */
    private readonly onDone: (entryIds: readonly string[]) => void,
  ) {}

  reply(replyTo: Buffer, frame: Buffer): void {
    const key = this.keys.replies(replyTo.toString('hex'));
    const frames = this.replies.get(key);
    if (frames === undefined) this.replies.set(key, [frame]);
    else frames.push(frame);
    this.schedule();
  }

  /** The request is dealt with. */
  finish(entryId: string): void {
    this.done.push(entryId);
    this.schedule();
  }

  schedule(): void {
    if (this.isScheduled || !this.connection.ready || (this.replies.size === 0 && this.done.length === 0)) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.underWay = this.flush();
    });
  }

  /** Resolves once everything handed over before has been sent, or Redis is away. */
  async drain(): Promise<void> {
    while (this.connection.ready && (this.isScheduled || this.replies.size > 0 || this.done.length > 0)) {
      this.schedule();
      await new Promise((resolve) => setImmediate(resolve));
      await this.underWay;
    }
    await this.underWay;
  }

  private async flush(): Promise<void> {
    const { replies, done } = this;
    this.replies = new Map();
    this.done = [];
    try {
      await this.send(replies, done);
      this.onDone(done);
    } catch {
      // Nobody knows what arrived: a reply that comes twice is ignored, and so is an entry taken out twice.
      for (const [key, frames] of replies) this.replies.set(key, [...frames, ...(this.replies.get(key) ?? [])]);
      this.done.unshift(...done);
      setTimeout(() => this.schedule(), retryMs * (0.5 + Math.random())).unref();
    }
  }

  private async send(replies: Map<string, Buffer[]>, done: string[]): Promise<void> {
    const { client } = this.connection;
    // On a cluster one pipeline goes to one node.
    const together = client.isCluster ? undefined : client.pipeline();
    const sent: Promise<void>[] = [];
    for (const [key, frames] of replies) {
      const pipeline = together ?? client.pipeline();
      pipeline.rpush(key, ...frames).pexpire(key, replyLifeMs);
      if (together === undefined) sent.push(execute(pipeline));
    }
    if (together === undefined) await Promise.all(sent);
    if (done.length > 0 || together !== undefined) {
      const pipeline = together ?? client.pipeline();
      if (done.length > 0) pipeline.xack(this.requestsKey, consumerGroup, ...done).xdel(this.requestsKey, ...done);
      await execute(pipeline);
    }
  }
}

async function execute(pipeline: ChainableCommander): Promise<void> {
  for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
}
