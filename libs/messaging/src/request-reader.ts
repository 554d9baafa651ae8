import { setTimeout as delay } from 'node:timers/promises';
import { consumerGroup } from './keys.js';
import type { RedisConnection } from './redis-connection.js';

/** A stream entry: its id and the frame in it; null when the entry was deleted while it was pending. */
export interface StreamEntry {
  id: string;
  frame: Buffer | null;
  deliveries: number;
}

export interface ReaderOptions {
  /** Stream to read. */
  key: string;
  replica: string;
  /** How many more requests this replica takes at this moment. */
  room(): number;
  /** Resolves when there is room again. */
  untilRoom(): Promise<void>;
  /** Tells the others that this replica lives, and makes the group. Before the first read, and whenever the group is gone. */
  join(): Promise<void>;
  accept(entries: StreamEntry[]): void;
}

const blockMs = 5_000;
/** Few enough that a burst is shared with the other replicas, and that its first answers leave before its last are made. */
const mostAtOnce = 32;

/** Reads requests as long as there is room for them, until the connection is closed. */
export async function readRequests(connection: RedisConnection, options: ReaderOptions): Promise<void> {
  let mustJoin = true;
  connection.onLost(() => (mustJoin = true));
  while (await connection.untilReady()) {
    try {
      if (mustJoin) {
        await options.join();
        mustJoin = false;
        // What Redis had handed to the connection that broke.
        await readOwnPending(connection, options);
      }
      const room = options.room();
      if (room <= 0) await options.untilRoom();
      else options.accept(await read(connection, options, Math.min(room, mostAtOnce), '>'));
    } catch {
      // Redis went away, or the group is gone: FLUSHALL, a restart with nothing on disk.
      mustJoin = true;
      if (!connection.closed) await delay(50 + Math.random() * 100);
    }
  }
}

async function readOwnPending(connection: RedisConnection, options: ReaderOptions): Promise<void> {
  let after = '0';
  for (;;) {
    const entries = await read(connection, options, mostAtOnce, after);
    const last = entries.at(-1);
    if (last === undefined) return;
    options.accept(entries);
    after = last.id;
  }
}

async function read(
  connection: RedisConnection,
  { key, replica }: ReaderOptions,
  count: number,
  from: string,
): Promise<StreamEntry[]> {
  const streams = await connection.client.xreadgroupBuffer(
    'GROUP',
    consumerGroup,
    replica,
    'COUNT',
    count,
    'BLOCK',
    blockMs,
    'STREAMS',
    key,
    from,
  );
  const entries = streams?.[0]?.[1] ?? [];
  return entries.map(([id, fields]) => ({ id: id.toString('latin1'), frame: fields?.[1] ?? null, deliveries: 1 }));
}
