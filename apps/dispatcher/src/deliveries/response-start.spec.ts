import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readResponseStart } from './response-start.js';

const start = (...chunks: Uint8Array[]) => readResponseStart(Readable.from(chunks.map((chunk) => Buffer.from(chunk))));

describe('readResponseStart', () => {
  it('is the whole of a short body', async () => {
    expect(await start(Buffer.from('thank '), Buffer.from('you'))).toBe('thank you');
    expect(await start()).toBe('');
  });

  it('is never more than 1,024 bytes, nor half a character, nor anything PostgreSQL cannot hold', async () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 1_200 }),
      fc.string({ unit: 'grapheme', maxLength: 600 }).map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), async (chunks) => {
        const text = await start(...chunks);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_024);
        expect(text).not.toContain('\0');
        expect(Buffer.from(text).toString()).toBe(text);
      }),
    );
  });

  it('reads no endless body to its end', async () => {
    const body = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1_000, 'x');
      })(),
    );
    expect(await readResponseStart(body)).toBe('x'.repeat(1_024));
    expect(body.destroyed).toBe(true);
  });

  it('keeps what came before a body broke off', async () => {
    const body = new Readable({ read: () => undefined });
    body.push('half of');
    const text = readResponseStart(body);
    setImmediate(() => body.destroy(new Error('gone')));
    expect(await text).toBe('half of');
  });
});
