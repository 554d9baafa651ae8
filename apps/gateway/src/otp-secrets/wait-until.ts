import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@otpost/contracts';

/** Waits for a time, epoch milliseconds, or until the client has gone. */
export async function waitUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(Math.max(1, timeMs - Date.now()), undefined, { signal });
  } catch (error) {
    throw new AppError('cancelled', 'the client has gone', { cause: error });
  }
}
