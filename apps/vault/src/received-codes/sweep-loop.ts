import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@otpost/platform';

const retryMs = 1_000;

export interface SweepOptions {
  /** For logs. */
  name: string;
  everyMs: number;
  /** @returns whether there may be more to do right now */
  sweep: () => Promise<boolean>;
  logger: Logger;
}

/** Does something again and again until it is closed; what fails is tried again, and told once. Every replica may run one. */
export class SweepLoop {
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #failing = false;

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
      if (await this.#attempt()) continue;
      const pauseMs = this.#failing ? Math.max(retryMs, this.options.everyMs) : this.options.everyMs;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #attempt(): Promise<boolean> {
    const { name, sweep, logger } = this.options;
    try {
      const hasMore = await sweep();
      if (this.#failing) logger.info('sweep.recovered', { name });
      this.#failing = false;
      return hasMore;
    } catch (error) {
      if (!this.#failing) logger.error('sweep.failing', { name }, error);
      this.#failing = true;
      return false;
    }
  }
}
