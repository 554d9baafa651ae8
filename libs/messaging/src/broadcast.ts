import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { AppError, type BroadcastContract } from '@otpost/contracts';
import { decodeBody, encodeBody } from './contract-codec.js';
import type { Messaging } from './messaging.js';
import type { RedisConnection } from './redis-connection.js';
import { Direction, encodeEnvelope, idBytes, noReply } from './wire.js';

export interface Subscription {
  /** Whether messages arrive at this moment. While they do not, a cache that relies on them must not be used. */
  readonly isLive: boolean;
  close(): Promise<void>;
}

interface Listener {
  contract: BroadcastContract;
  onMessage: (message: unknown) => void;
  onGap: () => void;
}

/** A message that is older than this was kept by somebody. */
const lifeMs = 30_000;
/** How long one node of a cluster may be away before a message is given up. */
const bridgedOutageMs = 2_000;
const retryMs = 50;

/** Tells all processes that listen. Nothing is kept: who is not connected is not told, and learns that it missed something. */
export class Broadcast {
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly liveChannels = new Set<string>();
  private connection: RedisConnection | undefined;

  constructor(private readonly messaging: Messaging) {}

  /** Tells everybody. Resolves once Redis has passed it on; rejects with `unavailable` when it is away. */
  async publish<Message extends z.ZodType>(
    contract: BroadcastContract<Message>,
    message: z.output<Message>,
  ): Promise<void> {
    const { sealer, now, commands, keys } = this.messaging;
    const body = encodeBody(contract.message, message, `broadcast ${contract.topic}`);
    const envelope = encodeEnvelope({
      id: randomBytes(idBytes),
      deadline: now() + lifeMs,
      replyTo: noReply,
      pattern: contract.topic,
    });
    const frame = sealer.seal(Direction.broadcast, envelope, body);
    const giveUpAt = performance.now() + bridgedOutageMs;
    for (;;) {
      try {
        await commands.client.publish(keys.broadcast(contract.topic), frame);
        return;
      } catch (cause) {
        // On a cluster another node passes it on; there, who listens may not have noticed anything.
        if (!commands.ready || performance.now() > giveUpAt)
          throw new AppError('unavailable', 'Temporarily unavailable, try again', { cause, retryAfterSeconds: 1 });
        await delay(retryMs);
      }
    }
  }

  /**
   * Listens, from when `isLive` says so. `onGap` is called whenever messages may have been missed: when the connection is lost,
   * and when it is there (again).
   */
  subscribe<Message extends z.ZodType>(
    contract: BroadcastContract<Message>,
    onMessage: (message: z.output<Message>) => void,
    onGap: () => void,
  ): Subscription {
    const channel = this.messaging.keys.broadcast(contract.topic);
    const listener: Listener = { contract, onMessage: onMessage as (message: unknown) => void, onGap };
    const listeners = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, listeners.add(listener));
    this.connection ??= this.connect();
    if (this.connection.ready) void this.listen(channel);
    const { liveChannels } = this;
    return {
      get isLive() {
        return liveChannels.has(channel);
      },
      close: async () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        this.listeners.delete(channel);
        this.liveChannels.delete(channel);
        if (this.connection?.ready === true) await this.connection.client.unsubscribe(channel).catch(() => undefined);
      },
    };
  }

  close(): void {
    this.connection?.close();
    this.liveChannels.clear();
  }

  private connect(): RedisConnection {
    const connection = this.messaging.connect('subscriber');
    connection.client.on('messageBuffer', (channel: Buffer, frame: Buffer) => this.onFrame(channel.toString(), frame));
    connection.onLost(() => {
      this.liveChannels.clear();
      this.tellGap(this.listeners.keys());
    });
    connection.onReady(() => {
      for (const channel of this.listeners.keys()) void this.listen(channel);
    });
    return connection;
  }

  private async listen(channel: string): Promise<void> {
    try {
      await this.connection?.client.subscribe(channel);
      if (this.liveChannels.has(channel)) return;
      this.liveChannels.add(channel);
      this.tellGap([channel]);
    } catch {
      // Lost again: it is listened to when the connection is back.
    }
  }

  private tellGap(channels: Iterable<string>): void {
    for (const channel of channels) for (const { onGap } of this.listeners.get(channel) ?? []) onGap();
  }

  private onFrame(channel: string, frame: Buffer): void {
    const listeners = this.listeners.get(channel);
    const contract = [...(listeners ?? [])][0]?.contract;
    if (listeners === undefined || contract === undefined) return;
    try {
      const { header, content } = this.messaging.sealer.open(frame, Direction.broadcast);
      if (header.pattern !== contract.topic || header.deadline < this.messaging.now()) return;
      const message = decodeBody(contract.message, content.toString(), `broadcast ${contract.topic}`);
      for (const { onMessage } of listeners) onMessage(message);
    } catch (error) {
      this.messaging.logger.warn('broadcast.refused', { topic: contract.topic }, error);
    }
  }
}
