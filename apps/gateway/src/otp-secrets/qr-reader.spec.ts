import { describe, expect, it } from '@jest/globals';
import { QrReader } from './qr-reader.js';

const thread = new URL('./testing/stubborn-thread.mjs', import.meta.url);
const reader = new QrReader({ thread });
const image = (order: string) => Buffer.from(order);

describe('QrReader', () => {
  it('gives its threads none of our variables', async () => {
    expect(await reader.read(image('e'))).toEqual({ texts: [] });
  });

  it('ends a thread that takes too long, while the event loop turns, and reads the next image', async () => {
    const impatient = new QrReader({ thread, timeLimitMs: 500 });
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    expect(await impatient.read(image('s'))).toEqual({ refusal: 'too_long' });
    clearInterval(turning);
    expect(turns).toBeGreaterThan(10);
    expect(await reader.read(image('e'))).toEqual({ texts: [] });
  });

  it('ends a thread that takes too much memory', async () => {
    expect(await reader.read(image('h'))).toEqual({ refusal: 'too_long' });
  });

  it('says internal when a thread ends or fails, and nothing of the image', async () => {
    for (const order of ['x', 't']) {
      const failed = reader.read(image(order));
      await expect(failed).rejects.toMatchObject({ code: 'internal', message: 'Internal error' });
    }
    expect(await reader.read(image('e'))).toEqual({ texts: [] });
  });

  it('reads one after the other', async () => {
    const all = await Promise.all([
      reader.read(image('e')),
      reader.read(image('x')).catch(() => 'lost'),
      reader.read(image('e')),
    ]);
    expect(all).toEqual([{ texts: [] }, 'lost', { texts: [] }]);
  });
});
