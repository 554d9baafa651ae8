import { OtpostError } from './otpost-error.js';

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** Of what the API asks for. */
const longestAskedMs = 60_000;

/** How long to wait before the attempt after `failures` ones in a row. What the API asks for counts, within reason. */
export function pauseMsAfter(failures: number, error?: unknown): number {
  const askedMs = error instanceof OtpostError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
  return Math.max(Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs), Math.min(askedMs, longestAskedMs));
}

/** Resolves after a while. @throws the reason of the signal, once it is aborted */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return void reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
