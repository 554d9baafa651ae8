import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines } from './deadlines.js';

describe('deadlines', () => {
  let waiting: number[];
  let expired: [deadline: number, at: number][];
  let deadlines: Deadlines;

  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
    waiting = [];
    expired = [];
    deadlines = new Deadlines(Date.now, (now) => {
      for (const deadline of waiting.filter((each) => each <= now)) expired.push([deadline, now]);
      waiting = waiting.filter((each) => each > now);
      return Math.min(Infinity, ...waiting);
    });
  });

  afterEach(() => {
    deadlines.stop();
    jest.useRealTimers();
  });

  const add = (deadline: number) => {
    waiting.push(deadline);
    deadlines.add(deadline);
  };

  it('each expire in their time, whatever the order they came in, on one timer', () => {
    for (const deadline of [1_000_500, 1_000_100, 1_000_300]) add(deadline);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect(expired.map(([deadline]) => deadline)).toEqual([1_000_100, 1_000_300, 1_000_500]);
    for (const [deadline, at] of expired) expect(at - deadline).toBeLessThanOrEqual(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('in the past expire at once, and none after it was stopped', () => {
    add(999_000);
    add(2_000_000);
    jest.advanceTimersByTime(1);
    expect(expired).toHaveLength(1);
    deadlines.stop();
    jest.advanceTimersByTime(2_000_000);
    expect(expired).toHaveLength(1);
  });
});
