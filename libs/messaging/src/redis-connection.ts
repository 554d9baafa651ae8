import type { Secret } from '@otpost/envelope';
import { parseRedisUrl, type Logger } from '@otpost/platform';
import { openRedis, type RedisClient } from './open-redis.js';

/**
 * What a connection is for. `commands`: short commands, none kept while Redis is away, so that the caller decides what to send
 * again. `blocking`: one blocking read at a time. `subscriber`: pub/sub.
 */
export type ConnectionPurpose = 'commands' | 'blocking' | 'subscriber';

const pingIntervalMs = 5_000;

/**
 * One connection to Redis that comes back by itself, with backoff and jitter, and says so once when it is lost and once when
 * it is back. `url`: see `parseRedisUrl`.
 */
export class RedisConnection {
  readonly client: RedisClient;
  private readonly readyListeners = new Set<() => void>();
  private readonly lostListeners = new Set<() => void>();
  private readonly heartbeat: NodeJS.Timeout;
  private waiters: ((isReady: boolean) => void)[] = [];
  private lostAtMs: number | undefined;
  private isClosed = false;

  constructor(
    url: Secret,
    readonly purpose: ConnectionPurpose,
    private readonly logger: Logger,
  ) {
    this.client = openClient(url.reveal(), purpose);
    // An error is followed by `close`: without a listener ioredis would print it, with its address and arguments.
    this.client.on('error', () => undefined);
    this.client.on('close', () => this.lost());
    this.client.on('ready', () => this.back());
    this.heartbeat = setInterval(() => this.ping(), pingIntervalMs).unref();
  }

  get ready(): boolean {
    // A client that was told to disconnect calls itself ready until its socket has closed.
    return !this.isClosed && this.client.status === 'ready';
  }

  /** Since when an established connection is lost, in epoch ms; undefined while there is one, or has not yet been one. */
  get lostAt(): number | undefined {
    return this.lostAtMs;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Calls `listener` each time the connection is ready to be used, the first time included. Returns the way to stop. */
  onReady(listener: () => void): () => void {
    this.readyListeners.add(listener);
    if (this.ready) queueMicrotask(listener);
    return () => this.readyListeners.delete(listener);
  }

  /** Calls `listener` each time an established connection is lost. */
  onLost(listener: () => void): () => void {
    this.lostListeners.add(listener);
    return () => this.lostListeners.delete(listener);
  }

  /** Resolves with true once the connection can be used, with false once it is closed for good. */
  async untilReady(): Promise<boolean> {
    if (this.ready) return true;
    if (this.isClosed) return false;
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.heartbeat);
    this.client.disconnect();
    this.wake(false);
  }

  /** So that a connection that has died without a word is noticed though nobody uses it. */
  private ping(): void {
    if (this.ready && this.purpose !== 'blocking') this.client.ping().catch(() => undefined);
  }

  private lost(): void {
    if (this.lostAtMs !== undefined || this.isClosed) return;
    this.lostAtMs = Date.now();
    if (this.purpose === 'commands') this.logger.warn('redis.lost');
    for (const listener of this.lostListeners) listener();
  }

  private back(): void {
    if (this.lostAtMs !== undefined && this.purpose === 'commands') this.logger.info('redis.back');
    this.lostAtMs = undefined;
    this.wake(true);
    for (const listener of this.readyListeners) listener();
  }

  private wake(isReady: boolean): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter(isReady);
  }
}

function openClient(url: string, purpose: ConnectionPurpose): RedisClient {
  const address = parseRedisUrl(url);
  if (purpose === 'subscriber')
    return openRedis(address, { maxRetriesPerRequest: null, resends: false, isSubscriber: true });
  return openRedis(address, { maxRetriesPerRequest: 0, resends: false, enableOfflineQueue: false });
}
