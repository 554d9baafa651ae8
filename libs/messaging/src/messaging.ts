import type { Secret } from '@otpost/envelope';
import type { Logger } from '@otpost/platform';
import { RpcKeys } from './keys.js';
import { type ConnectionPurpose, RedisConnection } from './redis-connection.js';
import { parseTransportKeys, Sealer } from './sealing.js';

export interface MessagingOptions {
  /** See `RedisConnection`. */
  redisUrl: Secret;
  /** What every key starts with, so that several deployments may share one Redis. */
  prefix?: string;
  /** 64 hex digits, or several such separated by commas: the first one seals, all of them open. */
  transportKey: Secret;
  logger: Logger;
  /** Present time, epoch milliseconds. */
  now?: () => number;
}

/** What client, server and broadcast of one process share: the connection for commands, names of keys, sealing, the clock. */
export class Messaging {
  readonly commands: RedisConnection;
  readonly keys: RpcKeys;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly logger: Logger;

  constructor(private readonly options: MessagingOptions) {
    this.now = options.now ?? Date.now;
    this.logger = options.logger;
    this.keys = new RpcKeys(options.prefix ?? 'otpost');
    this.sealer = new Sealer(parseTransportKeys(options.transportKey));
    this.commands = this.connect('commands');
  }

  /** Whether Redis can be used at this moment. For readiness checks. */
  get ready(): boolean {
    return this.commands.ready;
  }

  /** A connection of one's own, to be closed by its user. */
  connect(purpose: ConnectionPurpose): RedisConnection {
    return new RedisConnection(this.options.redisUrl, purpose, this.logger);
  }

  close(): void {
    this.commands.close();
  }
}
