import type { Readable } from 'node:stream';

const keptBytes = 1_024;
/** A body up to here is read to its end, so that its connection can be used again; beyond it the connection is closed. */
const readBytes = 65_536;

/**
 * The start of an answer's body as text of at most 1,024 bytes in UTF-8. What is not UTF-8, and NUL, which PostgreSQL cannot hold, become
 * U+FFFD. A body that breaks off is what came of it.
 */
export async function readResponseStart(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let kept = 0;
  let read = 0;
  await new Promise<void>((resolve) => {
    body.on('data', (chunk: Buffer) => {
      if (kept < keptBytes) {
        chunks.push(chunk.subarray(0, keptBytes - kept));
        kept += Math.min(chunk.length, keptBytes - kept);
      }
      read += chunk.length;
      if (read > readBytes) body.destroy();
    });
    body.once('close', resolve);
    body.on('error', () => resolve());
  });
  return truncateUtf8(Buffer.concat(chunks).toString('utf8').replaceAll('\0', '\uFFFD'));
}

function truncateUtf8(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= keptBytes) return text;
  // Not in the middle of a character: its continuation bytes are 10xxxxxx.
  let end = keptBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
