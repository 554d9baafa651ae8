import { describe, expect, it } from '@jest/globals';
import { orUnavailable } from './unavailable.js';

const failing = (error: unknown) => orUnavailable(Promise.reject(error as Error));

describe('orUnavailable', () => {
  it.each([
    ['a refused connection', { code: 'ECONNREFUSED' }],
    ['a server that shuts down', { code: '57P01' }],
    ['a pool that waited in vain', new Error('timeout exceeded when trying to connect')],
    ["Prisma's word for it", { code: 'P1001' }],
    [
      'what PostgreSQL told Prisma',
      { code: 'P2039', meta: { driverAdapterError: { cause: { originalCode: '57P03', kind: 'postgres' } } } },
    ],
    ['its cause', { code: 'P2010', cause: { code: '08006' } }],
  ])('tells by %s that PostgreSQL is away', async (_what, error) => {
    await expect(failing(error)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  });

  it.each([[{ code: '23505' }], [{ code: 'P2002' }], [new TypeError('a bug')], ['text']])(
    'leaves %o as it is',
    async (error) => {
      await expect(failing(error)).rejects.toBe(error);
    },
  );

  it('gives back what the work gives', async () => {
    expect(await orUnavailable(Promise.resolve(7))).toBe(7);
  });
});
