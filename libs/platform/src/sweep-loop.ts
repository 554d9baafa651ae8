import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logging.js';

const retryMs = 1_000;

export interface SweepOptions {
  /** For logs. */
  name: string;
  everyMs: number;
  /** @returns true: there may be more to do right now */
  sweep: (signal: AbortSignal) => Promise<boolean | void>;
  logger: Logger;
}

/**
 * Looks for what rows say is due, again and again until it is closed. What fails is tried again, and told once. Every replica may run one.
 * Where there is nothing more to do right now it rests, for as long as the sweep took if that is longer: it is never busy for more than half
 * of the time, however slow the database is.
 */
export class SweepLoop {
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(private readonly options: SweepOptions) {}

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the sweep under way has ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const startedAt = performance.now();
      if (await this.#attempt(signal)) continue;
      const everyMs = this.#isFailing ? Math.max(retryMs, this.options.everyMs) : this.options.everyMs;
      const pauseMs = Math.max(everyMs, performance.now() - startedAt);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { name, sweep, logger } = this.options;
    try {
      const hasMore = await sweep(signal);
      if (this.#isFailing) logger.info('sweep.recovered', { name });
      this.#isFailing = false;
      return hasMore === true;
    } catch (error) {
      if (!this.#isFailing && !signal.aborted) logger.error('sweep.failing', { name }, error);
      this.#isFailing = true;
      return false;
    }
  }
}
