import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { eventStreamGrew, readEventStream } from '@otpost/contracts';
import { Broadcast, RpcClient, type Subscription } from '@otpost/messaging';
import { metrics } from '@otpost/platform';
import { Gauge } from 'prom-client';
import { KeyCache } from '../authentication/api-keys.js';
import { EventStream, type StreamFormat } from './event-stream.js';
import { WorkspaceFeed, type ReadStream } from './workspace-feed.js';

export interface StreamRequest {
  workspaceId: string;
  /** Only what names this client or none; null: everything. */
  clientId: string | null;
  format: StreamFormat;
  keyId: string;
  /** Position to go on from; null: from now on. */
  after: number | null;
  signal: AbortSignal;
}

const pingIntervalMs = 15_000;

const openStreams = new Gauge({
  name: 'otpost_event_streams',
  help: 'Event streams that clients have open.',
  registers: [metrics],
});

/**
 * All event streams of this gateway, by workspace. One subscription wakes them; nothing is polled. With each ping the key of each stream is
 * looked at again, since a stream outlives the moment in which it was allowed; and should word of news have been lost, it is read then.
 */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  readonly #feeds = new Map<string, WorkspaceFeed>();
  readonly #subscription: Subscription;
  readonly #pings = setInterval(() => void this.#ping(), pingIntervalMs).unref();
  #isClosing = false;

  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(Broadcast) broadcast: Broadcast,
    @Inject(KeyCache) private readonly keys: KeyCache,
  ) {
    this.#subscription = broadcast.subscribe(
      eventStreamGrew,
      ({ workspace_id, position }) => this.#feeds.get(workspace_id)?.wake(position),
      () => this.#wakeAll(),
    );
  }

  /**
   * Opens a stream. Its place is known before the answer begins: whatever happens once a client sees that it is connected, it is sent.
   * @throws AppError `unavailable` and the like
   */
  async open({ workspaceId, clientId, format, keyId, after, signal }: StreamRequest): Promise<EventStream> {
    const read: ReadStream = (request) => this.rpc.call(readEventStream, { workspace_id: workspaceId, ...request });
    const position = after ?? (await read({ after: null, client_id: null, limit: 1 })).position;
    const stream = new EventStream(clientId, keyId, position, format);
    signal.addEventListener('abort', () => stream.destroy(), { once: true });
    openStreams.inc();
    stream.once('close', () => openStreams.dec());
    // The head of the answer goes out with its first bytes.
    stream.ping(Date.now());
    // Not waited for: what a client missed may be long. If it cannot be read, the client comes back for it.
    if (this.#isClosing) stream.end();
    else
      void this.#feedOf(workspaceId, read)
        .add(stream)
        .catch(() => stream.end());
    return stream;
  }

  /** Ends all streams, so that the server can close: their clients connect elsewhere and go on. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#pings);
    for (const stream of this.#streams()) stream.end();
    await this.#subscription.close();
  }

  *#streams(): Iterable<EventStream> {
    for (const { streams } of this.#feeds.values()) yield* streams;
  }

  #wakeAll(): void {
    for (const feed of this.#feeds.values()) feed.wake();
  }

  #feedOf(workspaceId: string, read: ReadStream): WorkspaceFeed {
    const known = this.#feeds.get(workspaceId);
    if (known !== undefined) return known;
    const feed = new WorkspaceFeed(read, () => this.#feeds.delete(workspaceId));
    this.#feeds.set(workspaceId, feed);
    return feed;
  }

  async #ping(): Promise<void> {
    this.#wakeAll();
    const streams = [...this.#streams()];
    const live = new Set<string>();
    for (const keyId of new Set(streams.map((stream) => stream.keyId))) if (await this.#isLive(keyId)) live.add(keyId);
    for (const stream of streams) {
      if (live.has(stream.keyId)) stream.ping(Date.now());
      else stream.end();
    }
  }

  /** While the database is away nobody is cut off. */
  async #isLive(keyId: string): Promise<boolean> {
    const key = await this.keys.find(keyId).catch(() => undefined);
    return key === undefined || (key !== null && (key.expiresAtMs === null || key.expiresAtMs > Date.now()));
  }
}
