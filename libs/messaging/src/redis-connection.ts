import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Secret } from '@otpost/envelope';
import type { Logger } from '@otpost/platform';

export type RedisClient = Redis | Cluster;
type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

/**
 * What a connection is for. `commands`: short commands, none kept while Redis is away, so that the caller decides what to send
 * again. `blocking`: one blocking read at a time. `subscriber`: pub/sub.
 */
export type ConnectionPurpose = 'commands' | 'blocking' | 'subscriber';

const longestRetryMs = 2_000;
const pingIntervalMs = 5_000;
/** Longer than any blocking read waits, and than pings: a connection silent for so long is dead, though TCP has not noticed. */
const silentSocketMs = 15_000;

/**
 * One connection to Redis that comes back by itself, with backoff and jitter, and says so once when it is lost and once when
 * it is back. `url`: `redis://`, `rediss://`, `redis+sentinel://host:port,host:port/<master>` or `redis+cluster://host:port,host:port`
 * (`rediss+…` for TLS), credentials and database number as usual.
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

/** Milliseconds before the n-th attempt to connect again: doubling, bounded, with jitter so that a fleet does not come at once. */
export function retryDelayMs(attempt: number): number {
  const bounded = Math.min(50 * 2 ** Math.min(attempt - 1, 10), longestRetryMs);
  return Math.round(bounded * (0.5 + Math.random() / 2));
}

/** Where Redis is, taken apart from its URL. Also what BullMQ connects with. */
export interface RedisAddress {
  kind: 'single' | 'sentinel' | 'cluster';
  nodes: { host: string; port: number }[];
  masterName: string | undefined;
  options: Pick<RedisOptions, 'username' | 'password' | 'db' | 'tls'>;
}

/** Takes a Redis URL apart. Errors never repeat the URL: it may hold a password. */
export function parseRedisUrl(url: string): RedisAddress {
  const match = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?$/.exec(
    url,
  );
  if (match === null)
    throw new TypeError('Not a Redis URL: expected redis://host:port, redis+sentinel:// or redis+cluster://');
  const [, tls, topology, username, password, hosts = '', path = ''] = match;
  const kind = topology === 'sentinel' || topology === 'cluster' ? topology : 'single';
  const [first, second] = path.split('/');
  const masterName = kind === 'sentinel' ? first || 'mymaster' : undefined;
  const database = Number((kind === 'sentinel' ? second : first) || '0');
  if (!Number.isInteger(database)) throw new TypeError('Not a Redis URL: the database is no number');
  return {
    kind,
    nodes: hosts.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379)),
    masterName,
    options: {
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
      ...(database === 0 ? {} : { db: database }),
      ...(tls === 's' ? { tls: {} } : {}),
    },
  };
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) throw new TypeError('Not a Redis URL: no host');
  return { host: match[1].replace(/^\[|\]$/g, ''), port: match[2] === undefined ? defaultPort : Number(match[2]) };
}

/** Opens an ioredis client for an address; `overrides` are ioredis options for each node. */
export function openRedis(address: RedisAddress, overrides: NodeOptions): RedisClient {
  const options: NodeOptions = { ...address.options, retryStrategy: retryDelayMs, ...overrides };
  const [node] = address.nodes;
  if (address.kind === 'cluster') {
    const enableOfflineQueue = overrides.enableOfflineQueue ?? true;
    return new Cluster(address.nodes, {
      redisOptions: options,
      clusterRetryStrategy: retryDelayMs,
      enableOfflineQueue,
    });
  }
  if (address.kind === 'sentinel') {
    return new Redis({ ...options, sentinels: address.nodes, name: address.masterName ?? 'mymaster' });
  }
  return new Redis({ ...options, ...node });
}

function openClient(url: string, purpose: ConnectionPurpose): RedisClient {
  const perPurpose: Record<ConnectionPurpose, NodeOptions> = {
    commands: { enableOfflineQueue: false },
    blocking: { enableOfflineQueue: false },
    subscriber: { autoResubscribe: true },
  };
  return openRedis(parseRedisUrl(url), {
    maxRetriesPerRequest: purpose === 'subscriber' ? null : 0,
    autoResendUnfulfilledCommands: false,
    socketTimeout: silentSocketMs,
    ...perPurpose[purpose],
  });
}
