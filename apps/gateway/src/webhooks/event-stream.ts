import { Readable } from 'node:stream';
import type { ResponseOf, readEventStream } from '@otpost/contracts';

/** How a stream is written. */
export interface StreamFormat {
  event(item: StreamItem): string;
  /** @param position of the last event that was sent, or passed over */
  ping(nowMs: number, position: number): string;
}

export type StreamItem = ResponseOf<typeof readEventStream>['items'][number];

const lifeSeconds = 300;
/** Of a client that reads too slowly. It comes back with `Last-Event-ID` and has the rest. */
const mostWaitingBytes = 1_048_576;

/** What one client is sent: the events of its workspace behind its position; with a `clientId`, those that name it or no client. */
export class EventStream extends Readable {
  #whenRead: () => void = () => undefined;
  #isEnding = false;

  constructor(
    readonly clientId: string | null,
    readonly keyId: string,
    /** Of the last event that was sent, or passed over. */
    public position: number,
    private readonly format: StreamFormat = runEvents,
  ) {
    super({ highWaterMark: 65_536 });
  }

  override _read(): void {
    this.#whenRead();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#whenRead();
    callback(error);
  }

  /** Sends an event that is for it, and behind its position. */
  offer(item: StreamItem): void {
    if (item.position <= this.position) return;
    this.position = item.position;
    if (this.clientId !== null && item.client_id !== null && item.client_id !== this.clientId) return;
    this.#send(this.format.event(item));
  }

  ping(nowMs: number): void {
    this.#send(this.format.ping(nowMs, this.position));
  }

  /** What was sent goes out, then the answer ends: the client comes back. */
  end(): void {
    if (this.#isEnding || this.destroyed) return;
    this.#isEnding = true;
    this.push(null);
  }

  /** Resolves when what was sent so far has gone out, or nobody is there any more. */
  async roomy(): Promise<void> {
    if (this.destroyed || this.readableLength < this.readableHighWaterMark) return;
    await new Promise<void>((resolve) => {
      this.#whenRead = resolve;
    });
  }

  #send(frame: string): void {
    if (this.#isEnding || this.destroyed) return;
    this.push(frame);
    if (this.readableLength > mostWaitingBytes) this.destroy();
  }
}

/** In the form that CloudCruise's clients read. Times are of the event, not of its sending: it may be read much later. */
export const runEvents: StreamFormat = {
  event: ({ position, event, payload, created_at }) => {
    const timestamp = Math.floor(Date.parse(created_at) / 1_000);
    const expiresAt = timestamp + lifeSeconds;
    const message = {
      data: { event, payload, timestamp, expires_at: expiresAt },
      timestamp: new Date(timestamp * 1_000).toISOString(),
      expires_at: new Date(expiresAt * 1_000).toISOString(),
    };
    return `id: ${position}\nevent: run.event\ndata: ${JSON.stringify(message)}\n\n`;
  },
  ping: (nowMs) => `event: ping\ndata: {"ts":${nowMs}}\n\n`,
};

/** Events as they are listed. Pings have an id too: who is cut off before the first event knows where to go on. */
export const listedEvents: StreamFormat = {
  event: ({ position, ...event }) => `id: ${position}\ndata: ${JSON.stringify(event)}\n\n`,
  ping: (nowMs, position) => `id: ${position}\nevent: ping\ndata: {"ts":${nowMs}}\n\n`,
};
