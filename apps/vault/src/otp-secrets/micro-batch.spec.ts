import { describe, expect, it } from '@jest/globals';
import { MicroBatch } from './micro-batch.js';

function setUp({ maxSize = 3, maxConcurrent = 1 } = {}) {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const batch = new MicroBatch<number, number>({
    maxSize,
    maxConcurrent,
    run: async (requests) => {
      batches.push([...requests]);
      await new Promise<void>((resolve) => ends.push(resolve));
      return requests.map((request) => request * 10);
    },
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { batch, batches, turn, endAll: () => ends.splice(0).forEach((end) => end()) };
}

describe('MicroBatch', () => {
  it('makes one batch of what comes in one turn, and the next of what comes meanwhile', async () => {
    const { batch, batches, turn, endAll } = setUp();
    const first = Promise.all([batch.add(1), batch.add(2)]);
    await turn();
    const second = Promise.all([batch.add(3), batch.add(4)]);
    await turn();
    expect(batches).toEqual([[1, 2]]);
    endAll();
    expect(await first).toEqual([10, 20]);
    endAll();
    expect(await second).toEqual([30, 40]);
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('splits what is more than a batch holds, and runs no more batches at once than it may', async () => {
    const { batch, batches, turn, endAll } = setUp({ maxSize: 2, maxConcurrent: 2 });
    const all = Promise.all([1, 2, 3, 4, 5].map((request) => batch.add(request)));
    await turn();
    await turn();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    endAll();
    await turn();
    endAll();
    expect(await all).toEqual([10, 20, 30, 40, 50]);
  });

  it('fails those of a failed batch alone', async () => {
    let runs = 0;
    const batch = new MicroBatch<number, number>({
      maxSize: 1,
      maxConcurrent: 1,
      run: (requests) => ((runs += 1) === 1 ? Promise.reject(new Error('away')) : Promise.resolve(requests)),
    });
    const [first, second] = await Promise.allSettled([batch.add(1), batch.add(2)]);
    expect([first.status, second.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('tells those whom a short answer leaves out', async () => {
    const batch = new MicroBatch<number, number>({ maxSize: 2, maxConcurrent: 1, run: () => Promise.resolve([1]) });
    const [first, second] = await Promise.allSettled([batch.add(1), batch.add(2)]);
    expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
  });
});
