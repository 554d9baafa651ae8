import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DataKeyCache, type DataKeyCacheOptions } from './data-key-cache.js';
import { DataKey } from './data-key.js';

const ACME = '01890a5d-0000-7000-8000-000000000001';
const OTHER = '01890a5d-0000-7000-8000-000000000002';
const id = (n: number): string => `01890a5d-0000-7000-9000-${String(n).padStart(12, '0')}`;

/** A cache over keys made on demand; `loaded` has every key it was ever given, in order. */
function cacheOf(options: Partial<DataKeyCacheOptions> = {}) {
  const loaded: DataKey[] = [];
  const clock = { milliseconds: 0 };
  const cache = new DataKeyCache({
    load: (_workspaceId, dataKeyId) => {
      const key = DataKey.generate(dataKeyId, 1);
      loaded.push(key);
      return Promise.resolve(key);
    },
    capacity: 3,
    timeToLiveSeconds: 300,
    nowMilliseconds: () => clock.milliseconds,
    ...options,
  });
  const read = (n: number, workspaceId = ACME): Promise<string> => cache.use(workspaceId, id(n), (key) => key.id);
  return { cache, clock, loaded, read };
}

/** A promise settled by hand. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

describe('DataKeyCache', () => {
  it('loads a key once, and gives the work its result', async () => {
    const { loaded, read } = cacheOf();
    expect(await read(1)).toBe(id(1));
    expect(await read(1)).toBe(id(1));
    expect(loaded).toHaveLength(1);
  });

  it('loads a key once for a hundred concurrent misses', async () => {
    const { loaded, read } = cacheOf();
    await Promise.all(Array.from({ length: 100 }, () => read(1)));
    expect(loaded).toHaveLength(1);
  });

  it('gives a failed load to all who waited for it, and tries again for the next', async () => {
    const first = deferred<DataKey>();
    const loads = [first.promise, Promise.resolve(DataKey.generate(id(1), 1))];
    const { cache, read } = cacheOf({ load: () => loads.shift() ?? Promise.reject(new Error('a third load')) });
    const waiting = Promise.allSettled([read(1), read(1)]);
    first.reject(new Error('KMS down'));
    expect(await waiting).toEqual(Array(2).fill({ status: 'rejected', reason: new Error('KMS down') }));
    expect(cache.size).toBe(0);
    expect(await read(1)).toBe(id(1));
  });

  it('passes an error of the work on, and keeps the key', async () => {
    const { cache, loaded, read } = cacheOf();
    await expect(cache.use(ACME, id(1), () => Promise.reject(new Error('not mine')))).rejects.toThrow('not mine');
    await read(1);
    expect(loaded).toHaveLength(1);
  });

  it('zeroes the least recently used key when it is full', async () => {
    const { cache, loaded, read } = cacheOf();
    for (const n of [1, 2, 3, 1, 4]) await read(n);
    expect(loaded.map((key) => [key.id, key.destroyed])).toEqual([
      [id(1), false],
      [id(2), true],
      [id(3), false],
      [id(4), false],
    ]);
    expect(cache.size).toBe(3);
  });

  it('loads a key anew when its time is over, however often it was used, and zeroes the old one', async () => {
    const { clock, loaded, read } = cacheOf();
    await read(1);
    clock.milliseconds = 299_999;
    await read(1);
    expect(loaded).toHaveLength(1);
    clock.milliseconds = 300_000;
    await read(1);
    expect(loaded.map((key) => key.destroyed)).toEqual([true, false]);
  });

  it('zeroes expired keys that nobody asks for', async () => {
    const { cache, clock, loaded, read } = cacheOf();
    await read(1);
    clock.milliseconds = 200_000;
    await read(2);
    clock.milliseconds = 300_000;
    cache.dropExpired();
    expect(loaded.map((key) => key.destroyed)).toEqual([true, false]);
  });

  it('forgets one workspace, and clears all', async () => {
    const { cache, loaded, read } = cacheOf();
    await Promise.all([read(1), read(2), read(3, OTHER)]);
    cache.forget(ACME);
    expect(loaded.map((key) => key.destroyed)).toEqual([true, true, false]);
    cache.clear();
    expect(loaded.every((key) => key.destroyed)).toBe(true);
    expect(cache.size).toBe(0);
  });

  it('does not give the key of one workspace to another', async () => {
    const { loaded, read } = cacheOf();
    await read(1, ACME);
    await read(1, OTHER);
    expect(loaded).toHaveLength(2);
  });

  it('zeroes no key in use, but as soon as its last user is done', async () => {
    const { cache, loaded } = cacheOf();
    const [one, two] = [deferred<void>(), deferred<void>()];
    const work = (until: Promise<void>) => async (key: DataKey) => {
      await until;
      return key.reveal().length;
    };
    const [first, second] = [one, two].map(({ promise }) => cache.use(ACME, id(1), work(promise)));
    await cache.use(ACME, id(1), () => cache.clear());
    expect(loaded[0]?.destroyed).toBe(false);
    one.resolve();
    expect(await first).toBe(32);
    expect(loaded[0]?.destroyed).toBe(false);
    two.resolve();
    expect(await second).toBe(32);
    expect(loaded[0]?.destroyed).toBe(true);
  });

  it('zeroes a key whose workspace was forgotten while it was loading, after those who waited', async () => {
    const loading = deferred<DataKey>();
    const { cache, read } = cacheOf({ load: () => loading.promise });
    const reading = read(1);
    cache.forget(ACME);
    const key = DataKey.generate(id(1), 1);
    loading.resolve(key);
    expect(await reading).toBe(id(1));
    expect(key.destroyed).toBe(true);
    expect(cache.size).toBe(0);
  });

  it('never hands out a zeroed key and never keeps more than its capacity, whatever happens at once', async () => {
    const step = fc.oneof(
      fc.record({ read: fc.integer({ min: 1, max: 6 }), pauses: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ passSeconds: fc.integer({ min: 1, max: 200 }) }),
      fc.constantFrom('forget', 'clear', 'dropExpired'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { cache, clock, loaded } = cacheOf();
        const readings = steps.map(async (step) => {
          if (step === 'forget') cache.forget(ACME);
          else if (step === 'clear') cache.clear();
          else if (step === 'dropExpired') cache.dropExpired();
          else if (typeof step === 'object' && 'passSeconds' in step) clock.milliseconds += step.passSeconds * 1000;
          else if (typeof step === 'object')
            await cache.use(ACME, id(step.read), async (key) => {
              for (let pause = 0; pause < step.pauses; pause += 1) await Promise.resolve();
              expect(key.reveal().some((byte) => byte !== 0)).toBe(true);
            });
          expect(cache.size).toBeLessThanOrEqual(3);
        });
        await Promise.all(readings);
        expect(loaded.filter((key) => !key.destroyed)).toHaveLength(cache.size);
      }),
    );
  });
});
