import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from '@otpost/platform';

export type RedisClient = Redis | Cluster;

export interface OpenOptions {
  maxRetriesPerRequest: number | null;
  /** Whether commands wait while there is no connection. Default: yes. */
  enableOfflineQueue?: boolean;
  /** Whether what was under way when a connection broke is sent again. Default: yes. */
  resends?: boolean;
  /** For pub/sub alone. */
  isSubscriber?: boolean;
}

type NodeOptions = Omit<RedisOptions, 'replyMapping'>;

const longestRetryMs = 2_000;
/** Longer than any blocking read waits, and than pings: a connection silent for so long is dead, though TCP has not noticed. */
const silentSocketMs = 15_000;
/** How often a cluster is asked who has which slots, beside whenever it says that something moved: a master may vanish without a word. */
const slotsRefreshMs = 10_000;

/** Opens an ioredis client, which connects by itself and comes back by itself. */
export function openRedis(address: RedisAddress, open: OpenOptions): RedisClient {
  const { enableOfflineQueue = true, resends = true, maxRetriesPerRequest, isSubscriber = false } = open;
  const node: NodeOptions = {
    ...address.login,
    ...(address.database === 0 ? {} : { db: address.database }),
    ...(address.tls ? { tls: {} } : {}),
    maxRetriesPerRequest,
    enableOfflineQueue,
    autoResendUnfulfilledCommands: resends,
    socketTimeout: silentSocketMs,
    retryStrategy: retryDelayMs,
    // It was the master when the connection was made, and is none any more: whoever is now is found by connecting anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  if (address.kind === 'sentinel') return new Redis({ ...node, ...sentinelOptions(address) });
  if (address.kind === 'single') return new Redis({ ...node, ...address.nodes[0] });
  return isSubscriber ? new Redis({ ...node, Connector: anyNodeOf(address) }) : openCluster(address, node, resends);
}

/** Milliseconds before the n-th attempt to connect again: doubling, bounded, with jitter so that a fleet does not come at once. */
export function retryDelayMs(attempt: number): number {
  const bounded = Math.min(50 * 2 ** Math.min(attempt - 1, 10), longestRetryMs);
  return Math.round(bounded * (0.5 + Math.random() / 2));
}

function sentinelOptions({ nodes, masterName = 'mymaster', sentinelLogin, tls }: RedisAddress): NodeOptions {
  return {
    sentinels: nodes,
    name: masterName,
    ...(sentinelLogin.username === undefined ? {} : { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password === undefined ? {} : { sentinelPassword: sentinelLogin.password }),
    // Without both, ioredis would speak in clear to the sentinels, and to the master.
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  };
}

function openCluster(address: RedisAddress, node: NodeOptions, resends: boolean): Cluster {
  return new Cluster(address.nodes, {
    redisOptions: node,
    clusterRetryStrategy: retryDelayMs,
    slotsRefreshInterval: slotsRefreshMs,
    enableOfflineQueue: node.enableOfflineQueue ?? true,
    // Zero: a command whose connection broke under it is not sent again to the node that is master then.
    ...(resends ? {} : { retryDelayOnFailover: 0 }),
    // The names in the certificates are those of the URL and of CLUSTER SLOTS, which an address would not match.
    ...(address.tls ? { dnsLookup: (name, done) => done(null, name) } : {}),
  });
}

/**
 * A connector to one node of a cluster after the other. What is published on one node reaches subscribers of all, so that a subscriber
 * needs one plain connection; ioredis' own for clusters changes the node without telling that messages were missed in between.
 */
function anyNodeOf({ nodes, tls }: RedisAddress): new (options: unknown) => AbstractConnector {
  let attempts = Math.floor(Math.random() * nodes.length);
  return class AnyNode extends AbstractConnector {
    constructor(options: unknown) {
      super((options as { disconnectTimeout: number }).disconnectTimeout);
    }

    connect(): Promise<Socket> {
      const node = nodes[attempts++ % nodes.length] ?? { host: '127.0.0.1', port: 6379 };
      this.connecting = true;
      const stream: Socket = tls ? connectTls(node) : createConnection(node);
      stream.once('error', (error) => (this.firstError = error));
      this.stream = stream;
      return Promise.resolve(stream);
    }
  };
}
