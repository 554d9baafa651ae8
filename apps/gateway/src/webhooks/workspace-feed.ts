import type { RequestOf, ResponseOf, readEventStream } from '@otpost/contracts';
import type { EventStream } from './event-stream.js';

export type ReadStream = (
  request: Omit<RequestOf<typeof readEventStream>, 'workspace_id'>,
) => Promise<ResponseOf<typeof readEventStream>>;

const pageSize = 200;

/**
 * The live streams of one workspace. However many there are, news is read once for all of them; a stream that resumes from further back reads
 * its own way up to where they are first.
 */
export class WorkspaceFeed {
  readonly streams = new Set<EventStream>();
  /** All streams have what is up to here. */
  #position: number | null = null;
  #joining = 0;
  #isReading = false;
  #hasNews = false;

  constructor(
    private readonly read: ReadStream,
    /** Told when there is no stream left to serve. */
    private readonly onIdle: () => void,
  ) {}

  /**
   * Brings a stream up to date and keeps serving it until it is closed. Resolves once it is up to date.
   * @throws AppError when what it missed cannot be read; then it is not served
   */
  async add(stream: EventStream): Promise<void> {
    this.#joining += 1;
    try {
      await this.#catchUp(stream);
      if (stream.destroyed) return;
      this.#position ??= stream.position;
      this.streams.add(stream);
      stream.once('close', () => this.#remove(stream));
      // It has read further than the others: then there is something for them.
      this.wake(stream.position);
    } finally {
      this.#joining -= 1;
      this.#reportIdle();
    }
  }

  /** There is something up to this position. Without one: there may be. */
  wake(position = Number.MAX_SAFE_INTEGER): void {
    if (this.#position === null || position <= this.#position) return;
    this.#hasNews = true;
    if (!this.#isReading) void this.#readOn();
  }

  /** Ends where the others are, or beyond. Nothing is awaited after that, so nothing happens between the two. */
  async #catchUp(stream: EventStream): Promise<void> {
    while (!stream.destroyed) {
      const page = await this.read({ after: stream.position, client_id: stream.clientId, limit: pageSize });
      for (const item of page.items) stream.offer(item);
      stream.position = Math.max(stream.position, page.position);
      if (page.is_complete && stream.position >= (this.#position ?? 0)) return;
      await stream.roomy();
    }
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    while (this.#hasNews && this.streams.size > 0) {
      this.#hasNews = false;
      const page = await this.read({ after: this.#position, client_id: null, limit: pageSize }).catch(() => null);
      // Read again at the next word of news, at the latest with the next ping.
      if (page === null) break;
      this.#position = page.position;
      for (const stream of this.streams) {
        for (const item of page.items) stream.offer(item);
        stream.position = Math.max(stream.position, page.position);
      }
      if (!page.is_complete) this.#hasNews = true;
    }
    this.#isReading = false;
  }

  #remove(stream: EventStream): void {
    this.streams.delete(stream);
    this.#reportIdle();
  }

  #reportIdle(): void {
    if (this.#joining === 0 && this.streams.size === 0) this.onIdle();
  }
}
