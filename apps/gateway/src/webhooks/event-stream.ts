import { Readable } from 'node:stream';
import type { ResponseOf, readEventStream } from '@otpost/contracts';

export type StreamItem = ResponseOf<typeof readEventStream>['items'][number];

const lifeSeconds = 300;
/** Of a client that reads too slowly. It comes back with `Last-Event-ID` and has the rest. */
const mostWaitingBytes = 1_048_576;

/** What one client is sent: the events of its workspace that name it or no client, behind its position. */
export class EventStream extends Readable {
  #whenRead: () => void = () => undefined;
  #isEnding = false;

  constructor(
    readonly clientId: string,
    readonly keyId: string,
    /** Of the last event that was sent, or passed over. */
    public position: number,
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
    if (item.client_id !== null && item.client_id !== this.clientId) return;
    this.#send(frameOf(item));
  }

  ping(nowMs: number): void {
    this.#send(`event: ping\ndata: {"ts":${nowMs}}\n\n`);
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
export function frameOf({ position, event, payload, created_at }: StreamItem): string {
  const timestamp = Math.floor(Date.parse(created_at) / 1_000);
  const expiresAt = timestamp + lifeSeconds;
  const message = {
    data: { event, payload, timestamp, expires_at: expiresAt },
    timestamp: new Date(timestamp * 1_000).toISOString(),
    expires_at: new Date(expiresAt * 1_000).toISOString(),
  };
  return `id: ${position}\nevent: run.event\ndata: ${JSON.stringify(message)}\n\n`;
}
