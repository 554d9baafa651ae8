import { describe, expect, it } from '@jest/globals';
import { challengeStatus } from '@otpost/contracts';
import { endChallenge, isDeliverable, type ChallengeState, type Ending, type Verdict } from './challenge-state.js';

const expiresAt = new Date('2026-01-01T00:05:00.000Z');
const before = new Date(expiresAt.getTime() - 1);
const pending: ChallengeState = { status: 'pending', expiresAt, firstDeliveredAt: null, acknowledgedAt: null };
const endings: Ending[] = ['resolve', 'expire', 'cancel', 'fail'];
const refused = (because: 'ended' | 'overdue' | 'early'): Verdict => ({ allowed: false, because });

describe('a challenge', () => {
  it.each([
    ['resolve', { allowed: true, status: 'resolved' }],
    ['cancel', { allowed: true, status: 'cancelled' }],
    ['fail', { allowed: true, status: 'failed' }],
    ['expire', refused('early')],
  ] as const)('that is pending and in its time: %s', (ending, verdict) => {
    expect(endChallenge(pending, ending, before)).toEqual(verdict);
  });

  it.each([
    ['resolve', refused('overdue')],
    ['cancel', refused('overdue')],
    ['fail', refused('overdue')],
    ['expire', { allowed: true, status: 'expired' }],
  ] as const)('that is pending at the very millisecond of its end: %s', (ending, verdict) => {
    expect(endChallenge(pending, ending, expiresAt)).toEqual(verdict);
  });

  const ended = challengeStatus.options.filter((status) => status !== 'pending');
  it.each(ended.flatMap((status) => endings.map((ending) => [status, ending] as const)))(
    'that is %s never ends again: %s',
    (status, ending) => {
      for (const now of [before, expiresAt]) {
        expect(endChallenge({ ...pending, status }, ending, now)).toEqual(refused('ended'));
      }
    },
  );
});

describe('a code', () => {
  const resolved: ChallengeState = { ...pending, status: 'resolved' };
  const deliveredAt = new Date('2026-01-01T00:01:00.000Z');
  const after = (ms: number) => new Date(deliveredAt.getTime() + ms);

  it('leaves for the first time whenever it is asked for', () => {
    expect(isDeliverable(resolved, before)).toBe(true);
    expect(isDeliverable(resolved, new Date(expiresAt.getTime() + 30_000))).toBe(true);
  });

  it('leaves again for 60 s, not at 60 s', () => {
    const delivered = { ...resolved, firstDeliveredAt: deliveredAt };
    expect(isDeliverable(delivered, after(59_999))).toBe(true);
    expect(isDeliverable(delivered, after(60_000))).toBe(false);
  });

  it('never leaves once it is acknowledged', () => {
    expect(isDeliverable({ ...resolved, acknowledgedAt: deliveredAt }, after(1))).toBe(false);
  });

  it.each(challengeStatus.options.filter((status) => status !== 'resolved'))('never leaves a %s one', (status) => {
    expect(isDeliverable({ ...pending, status }, before)).toBe(false);
  });
});
