import type { IncomingMessage } from 'node:http';
import { AppError } from '@otpost/contracts';
import type { MemoryLease } from '../memory-budget.js';

/**
 * Reads a body, at most `limitBytes` of it, against the lease. What is beyond is not kept; node:http drains it after the answer, so
 * that the sender hears it.
 *
 * @throws AppError `payload_too_large`, `overloaded`, `cancelled` where the sender hung up
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  lease: MemoryLease,
): Promise<Uint8Array[]> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const settle = (error?: AppError) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (error === undefined) resolve(chunks);
      else reject(error);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      try {
        if (length > limitBytes) throw tooLarge();
        lease.grow(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        settle(error as AppError);
      }
    };
    const onEnd = () => settle();
    const onClose = () => settle(new AppError('cancelled', 'The request was cut off'));
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(): AppError {
  return new AppError('payload_too_large', 'The body is too large');
}
