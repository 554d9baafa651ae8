import { describe, expect, it } from '@jest/globals';
import { KeyCache, type KnownKey } from './api-keys.js';

function setUp() {
  const known = new Map<string, KnownKey>();
  let lookUps = 0;
  let now = 0;
  let isLive = true;
  let beforeAnswer: () => void = () => undefined;
  const keys = new KeyCache({
    source: {
      find: async (id) => {
        lookUps += 1;
        const found = known.get(id) ?? null;
        await Promise.resolve();
        beforeAnswer();
        return found;
      },
    },
    now: () => now,
    isLive: () => isLive,
    ttlMs: 1_000,
    maxEntries: 2,
  });
  const add = (id: string) => known.set(id, keyOf(id));
  return {
    keys,
    known,
    add,
    lookUps: () => lookUps,
    pass: (ms: number) => (now += ms),
    cut: () => (isLive = false),
    whenAnswering: (act: () => void) => (beforeAnswer = act),
  };
}

function keyOf(id: string): KnownKey {
  return {
    id,
    countedAs: id,
    workspaceId: 'w',
    seatId: null,
    secretHash: new Uint8Array(32),
    scopes: new Set(),
    expiresAtMs: null,
    rateLimitPerSecond: null,
  };
}

describe('KeyCache', () => {
  it('looks a key up once, however many ask at once, and again when it has grown old', async () => {
    const { keys, add, lookUps, pass } = setUp();
    add('a');
    await Promise.all([keys.find('a'), keys.find('a'), keys.find('a')]);
    await keys.find('a');
    expect(lookUps()).toBe(1);
    pass(1_000);
    await keys.find('a');
    expect(lookUps()).toBe(2);
  });

  it('never believes that a key does not exist: it works from the moment it is made', async () => {
    const { keys, add } = setUp();
    expect(await keys.find('a')).toBeNull();
    add('a');
    expect(await keys.find('a')).toMatchObject({ id: 'a' });
  });

  it('forgets a revoked key at once', async () => {
    const { keys, add, known } = setUp();
    add('a');
    await keys.find('a');
    known.delete('a');
    keys.forget('a');
    expect(await keys.find('a')).toBeNull();
  });

  it('does not keep what was looked up before a revocation and answered after it', async () => {
    const { keys, add, known, whenAnswering, lookUps } = setUp();
    add('a');
    whenAnswering(() => {
      known.delete('a');
      keys.forgetAll();
    });
    await keys.find('a');
    expect(await keys.find('a')).toBeNull();
    expect(lookUps()).toBe(2);
  });

  it('asks every time while word of changes would not arrive', async () => {
    const { keys, add, lookUps, cut } = setUp();
    add('a');
    await keys.find('a');
    cut();
    await keys.find('a');
    await keys.find('a');
    expect(lookUps()).toBe(3);
  });

  it('stays within its bound', async () => {
    const { keys, add, lookUps } = setUp();
    for (const id of ['a', 'b', 'c']) {
      add(id);
      await keys.find(id);
    }
    await keys.find('c');
    expect(lookUps()).toBe(3);
    await keys.find('a');
    expect(lookUps()).toBe(4);
  });
});
