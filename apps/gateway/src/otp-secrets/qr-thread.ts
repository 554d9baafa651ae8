import { parentPort, workerData } from 'node:worker_threads';
import { readQrCodes } from './read-qr-codes.js';

// One image, one thread. What goes wrong is told by its kind alone: the words of an error may hold what was in the image.
const findings = await readQrCodes(Buffer.from(workerData as Uint8Array)).catch(() => ({
  refusal: 'damaged' as const,
}));
parentPort?.postMessage(findings);
