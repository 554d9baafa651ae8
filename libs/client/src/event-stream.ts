import type { paths } from './generated/openapi.js';
import { OtpostError } from './otpost-error.js';
import { pause, pauseMsAfter } from './retry.js';
import { readServerSentEvents } from './server-sent-events.js';

type Listed = paths['/v1/events']['get']['responses'][200]['content']['application/json']['items'][number];

/** An event as `GET /v1/events` lists it, and its place in the workspace's stream. */
export interface OtpostEvent extends Listed {
  position: number;
}

export interface EventStreamOptions {
  /** Position of the last event that is known. Default: events from now on. */
  after?: number;
  /** Ends the stream without an error. */
  signal?: AbortSignal;
  /** Told whenever events can come: at first, and after each lost connection. */
  onConnected?: (position: number) => void;
  /** Told when a connection was lost, or could not be made again. The next attempt follows by itself. */
  onLost?: (error: unknown) => void;
}

/** One connection, from behind a position on. */
export type Connect = (lastEventId: number | null, signal: AbortSignal) => Promise<Response>;

/** Three of the server's pings. */
const longestSilenceMs = 45_000;

/**
 * @see OtpostClient.events
 * @throws OtpostError when the first connection cannot be made, or a later one is refused for good
 */
export async function* streamEvents(
  connect: Connect,
  { after, signal, onConnected, onLost }: EventStreamOptions = {},
): AsyncGenerator<OtpostEvent, void> {
  let position = after ?? null;
  let hasConnected = false;
  let failures = 0;
  while (!hasEnded(signal)) {
    const connection = new Connection(signal);
    try {
      const response = await connect(position, connection.signal);
      for await (const { id, event, data } of readServerSentEvents(connection.watched(response))) {
        const at = Number(id);
        if (!Number.isSafeInteger(at) || id === '') continue;
        if (event === 'ping' && position === null) position = at;
        if (failures > 0 || !hasConnected) onConnected?.(position ?? at);
        hasConnected = true;
        failures = 0;
        if (event !== 'message' || at <= (position ?? -1)) continue;
        yield { position: at, ...(JSON.parse(data) as Listed) };
        // Only now, so that what was not taken comes again to whoever goes on from here.
        position = at;
      }
      throw new OtpostError('the connection ended', { code: 'unreachable' });
    } catch (error) {
      if (hasEnded(signal)) return;
      if (!hasConnected || (error instanceof OtpostError && !error.isTemporary)) throw error;
      failures += 1;
      onLost?.(error);
      await pause(pauseMsAfter(failures, error), signal).catch(() => undefined);
    } finally {
      connection.close();
    }
  }
}

function hasEnded(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Given up when its user says so, and when it has been silent for too long: a peer that vanished says no farewell. */
class Connection {
  readonly #controller = new AbortController();
  readonly #stop = () => this.close();
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly outer: AbortSignal | undefined) {
    this.#listen();
    outer?.addEventListener('abort', this.#stop, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async *watched({ body }: Response): AsyncGenerator<Uint8Array> {
    if (body === null) return;
    for await (const chunk of body) {
      // However long its reader takes over it, that is no silence of the other side.
      clearTimeout(this.#silence);
      yield chunk as Uint8Array;
      this.#listen();
    }
  }

  close(): void {
    clearTimeout(this.#silence);
    this.outer?.removeEventListener('abort', this.#stop);
    this.#controller.abort(new OtpostError('the connection was silent', { code: 'unreachable' }));
  }

  #listen(): void {
    this.#silence = setTimeout(this.#stop, longestSilenceMs);
  }
}
