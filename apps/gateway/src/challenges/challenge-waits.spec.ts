import { describe, expect, it } from '@jest/globals';
import type { Broadcast } from '@otpost/messaging';
import { ChallengeWaits } from './challenge-waits.js';

const far = () => Date.now() + 60_000;
const nobodyLeaves = new AbortController().signal;

function listening() {
  const heard = { tell: (_: { id: string }) => undefined as void, gap: () => undefined as void, isLive: true };
  const broadcast = {
    subscribe: (_: unknown, onMessage: typeof heard.tell, onGap: () => void) => {
      Object.assign(heard, { tell: onMessage, gap: onGap });
      return {
        get isLive() {
          return heard.isLive;
        },
        close: () => Promise.resolve(),
      };
    },
  };
  return { heard, waits: new ChallengeWaits(broadcast as unknown as Broadcast) };
}

/** Looks that see `pending` until it is told otherwise, and counts them. */
function challenge() {
  const seen = { status: 'pending', looks: 0 };
  const look = () => {
    seen.looks += 1;
    return Promise.resolve({ status: seen.status });
  };
  return { seen, look };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a request that waits', () => {
  it('is answered when its challenge changes, and looks no more often than that', async () => {
    const { heard, waits } = listening();
    const { seen, look } = challenge();
    const settled = waits.settled('a', far(), nobodyLeaves, look);
    await turn();
    heard.tell({ id: 'b' });
    await turn();
    expect(seen.looks).toBe(1);
    seen.status = 'resolved';
    heard.tell({ id: 'a' });
    expect(await settled).toEqual({ status: 'resolved' });
    expect(waits.size).toBe(0);
  });

  it('misses no news that comes while it looks', async () => {
    const { heard, waits } = listening();
    let looks = 0;
    const look = () => {
      looks += 1;
      if (looks > 1) return Promise.resolve({ status: 'resolved' });
      heard.tell({ id: 'a' });
      return Promise.resolve({ status: 'pending' });
    };
    expect(await waits.settled('a', far(), nobodyLeaves, look)).toEqual({ status: 'resolved' });
  });

  it('looks again once news can be had again, not while it cannot', async () => {
    const { heard, waits } = listening();
    const { seen, look } = challenge();
    const settled = waits.settled('a', far(), nobodyLeaves, look);
    await turn();
    seen.status = 'cancelled';
    heard.isLive = false;
    heard.gap();
    await turn();
    expect(seen.looks).toBe(1);
    heard.isLive = true;
    heard.gap();
    expect(await settled).toEqual({ status: 'cancelled' });
  });

  it('is let go when its client hangs up, when its time is over and when the gateway stops', async () => {
    const { waits } = listening();
    const { look } = challenge();
    const client = new AbortController();
    const left = waits.settled('a', far(), client.signal, look);
    await turn();
    client.abort();
    await expect(left).rejects.toMatchObject({ code: 'cancelled' });
    expect(await waits.settled('a', Date.now() + 5, nobodyLeaves, look)).toEqual({ status: 'pending' });
    const last = waits.settled('a', far(), nobodyLeaves, look);
    await turn();
    await waits.onModuleDestroy();
    expect(await last).toEqual({ status: 'pending' });
    expect(waits.size).toBe(0);
  });
});
