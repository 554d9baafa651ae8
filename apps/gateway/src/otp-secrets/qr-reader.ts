import { Worker } from 'node:worker_threads';
import { AppError } from '@otpost/contracts';
import type { QrFindings } from './read-qr-codes.js';

export interface QrReaderOptions {
  /** The module that a thread runs. */
  thread?: URL;
  timeLimitMs?: number;
}

const defaultThread = new URL('./qr-thread.js', import.meta.url);
/** Ten times what a photograph takes, the start of the thread included. */
const defaultTimeLimitMs = 10_000;

/**
 * Reads images in threads: one at a time, each with one of its own that ends with it. Whatever an image does to its decoder, no more is
 * lost than that thread, and the gateway's event loop stays free. Nothing is kept running between images: they are rare.
 */
export class QrReader {
  readonly #thread: URL;
  readonly #timeLimitMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ thread = defaultThread, timeLimitMs = defaultTimeLimitMs }: QrReaderOptions = {}) {
    this.#thread = thread;
    this.#timeLimitMs = timeLimitMs;
  }

  /** @returns `too_long` for an image that took more time or memory than it may. @throws AppError `internal` */
  read(image: Uint8Array): Promise<QrFindings | { refusal: 'too_long' }> {
    const reading = this.#last.then(() => this.#readNow(image));
    this.#last = reading.catch(() => undefined);
    return reading;
  }

  async #readNow(image: Uint8Array): Promise<QrFindings | { refusal: 'too_long' }> {
    // No variable of ours, and nothing that a library prints.
    const worker = new Worker(this.#thread, {
      env: {},
      stdout: true,
      stderr: true,
      workerData: image,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    let overdue: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        overdue = setTimeout(() => resolve({ refusal: 'too_long' }), this.#timeLimitMs);
        worker.once('message', resolve);
        worker.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? resolve({ refusal: 'too_long' }) : reject(lost(error)),
        );
        worker.once('exit', () => reject(lost()));
      });
    } finally {
      clearTimeout(overdue);
      await worker.terminate();
    }
  }
}

function lost(cause?: Error): AppError {
  return new AppError('internal', 'Internal error', { internal: 'the thread that reads QR codes ended', cause });
}
