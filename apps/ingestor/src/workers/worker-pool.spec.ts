import { afterEach, describe, expect, it } from '@jest/globals';
import { threadFrom } from '../testing/thread-from.js';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.js';

describe('WorkerPool', () => {
  const pools: WorkerPool[] = [];

  const startPool = async (options: Partial<WorkerPoolOptions> = {}) => {
    const pool = new WorkerPool({
      ...threadFrom('./pool-thread.ts'),
      threads: 1,
      timeLimitMs: 2_000,
      maxWaiting: 10,
      ...options,
    });
    pools.push(pool);
    await pool.start();
    return pool;
  };

  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('gives back what a task returns, and throws what it throws, without the words of foreign errors', async () => {
    const pool = await startPool();
    expect(await pool.run('echo', { text: 'x', bytes: Uint8Array.of(1) })).toEqual({
      text: 'x',
      bytes: Uint8Array.of(1),
    });
    await expect(pool.run('refuse', null)).rejects.toMatchObject({ code: 'not_found', message: 'no such thing' });
    await expect(pool.run('fail', null)).rejects.toMatchObject({ code: 'internal', message: 'Internal error' });
    await expect(pool.run('unheard-of', null)).rejects.toMatchObject({ code: 'internal' });
  });

  it('ends a thread that takes too long, and goes on with another', async () => {
    const lost: string[] = [];
    const pool = await startPool({ timeLimitMs: 200, onThreadLost: (reason) => lost.push(reason) });
    await expect(pool.run('spin', null)).rejects.toMatchObject({ code: 'validation_failed' });
    expect(lost).toEqual(['validation_failed']);
    expect(
      await new WorkerPool({ ...threadFrom('./pool-thread.ts'), threads: 0, timeLimitMs: 1, maxWaiting: 1 }).close(),
    ).toBeUndefined();
    const again = await startPool();
    expect(await again.run('echo', 1)).toBe(1);
  });

  it('survives a thread that takes too much memory, or ends', async () => {
    const pool = await startPool({ resourceLimits: { maxOldGenerationSizeMb: 32 } });
    await expect(pool.run('hoard', null)).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(pool.run('end', null)).rejects.toMatchObject({ code: 'internal' });
    expect(await pool.run('echo', 1)).toBe(1);
  });

  it('keeps threads free of bulk, and bulk in order', async () => {
    const release: (() => void)[] = [];
    const pool = await startPool({
      threads: 2,
      threadsWithoutBulk: 1,
      answer: () => new Promise<void>((resolve) => release.push(resolve)),
    });
    const finished: string[] = [];
    const bulk = ['first', 'second'].map((name) =>
      pool.run('wait', name, { bulky: true }).then(() => finished.push(name)),
    );
    expect(await pool.run('echo', 'small')).toBe('small');
    expect(finished).toEqual([]);
    for (let left = bulk.length; left > 0;) {
      const resolve = release.shift();
      if (resolve === undefined) await pool.run('echo', null);
      else {
        resolve();
        left -= 1;
      }
    }
    await Promise.all(bulk);
    expect(finished).toEqual(['first', 'second']);
  });

  it('refuses what would wait behind too much', async () => {
    const pool = await startPool({ maxWaiting: 1, answer: () => new Promise(() => undefined) });
    const held = [pool.run('wait', 1), pool.run('wait', 2)].map((task) => task.catch(() => undefined));
    await expect(pool.run('echo', 3)).rejects.toMatchObject({ code: 'overloaded' });
    await pool.close();
    await Promise.all(held);
    await expect(pool.run('echo', 4)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('answers what a thread asks, with the code of a failure', async () => {
    const pool = await startPool({
      answer: (question) =>
        question === 'known'
          ? Promise.resolve([['x']])
          : Promise.reject(Object.assign(new Error(), { code: 'ENODATA' })),
    });
    expect(await pool.run('ask', 'known')).toEqual([['x']]);
    await expect(pool.run('ask', 'unknown')).rejects.toMatchObject({ code: 'internal' });
  });

  it('gives a thread none of our variables', async () => {
    const pool = await startPool();
    expect(await pool.run('environment', null)).toEqual([]);
  });
});
