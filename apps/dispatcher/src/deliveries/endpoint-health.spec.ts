import { describe, expect, it } from '@jest/globals';
import { healthAfter, reasonToDisable } from './endpoint-health.js';
import type { Attempt } from './record-attempts.js';

const day = 24 * 3_600_000;
const healthy = { failingSince: null, failuresInRow: 0 };

function attempt(status: number | null, startedAtMs = 0): Attempt {
  const success = status === 200;
  const answer = {
    success,
    status,
    error: success ? null : ('http_status' as const),
    response: null,
    retryAfterMs: null,
  };
  return { id: 'a', deliveryId: 'd', trigger: 'schedule', startedAtMs, durationMs: 1, answer, onFailure: null };
}

describe('healthAfter', () => {
  it('fails since the first failure after a success', () => {
    expect(healthAfter(healthy, [attempt(500, 5), attempt(null, 7)])).toEqual({
      failingSince: new Date(5),
      failuresInRow: 2,
    });
    const failing = { failingSince: new Date(1), failuresInRow: 3 };
    expect(healthAfter(failing, [attempt(500, 9)])).toEqual({ failingSince: new Date(1), failuresInRow: 4 });
    expect(healthAfter(failing, [attempt(200), attempt(500, 9)])).toEqual({
      failingSince: new Date(9),
      failuresInRow: 1,
    });
  });

  it('is healthy when the last one succeeded', () => {
    expect(healthAfter({ failingSince: new Date(1), failuresInRow: 3 }, [attempt(500), attempt(200)])).toEqual(healthy);
    expect(healthAfter(healthy, [])).toEqual(healthy);
  });
});

describe('reasonToDisable', () => {
  it('is 410, whatever else came', () => {
    expect(reasonToDisable(healthy, [attempt(410), attempt(200)], 0)).toBe('gone');
  });

  it('is five days of failure, and nothing less', () => {
    const failing = { failingSince: new Date(0), failuresInRow: 9 };
    expect(reasonToDisable(failing, [attempt(500)], 5 * day - 1)).toBeNull();
    expect(reasonToDisable(failing, [attempt(500)], 5 * day)).toBe('failing');
    expect(reasonToDisable(healthy, [attempt(200)], 100 * day)).toBeNull();
  });
});
