import type { DisabledReason } from './disable-endpoint.js';
import type { Attempt } from './record-attempts.js';

/** What is known of an endpoint from its attempts by the schedule. */
export interface EndpointHealth {
  /** Since when every attempt failed; null: the last one did not. */
  failingSince: Date | null;
  /** Failures one after the other that this process has seen. */
  failuresInRow: number;
}

const longestFailureMs = 5 * 24 * 3_600_000;
const gone = 410;

/** Health after some more attempts, in the order in which they ended. */
export function healthAfter(before: EndpointHealth, attempts: readonly Attempt[]): EndpointHealth {
  return attempts.reduce<EndpointHealth>(
    ({ failingSince, failuresInRow }, { answer, startedAtMs }) =>
      answer.success
        ? { failingSince: null, failuresInRow: 0 }
        : { failingSince: failingSince ?? new Date(startedAtMs), failuresInRow: failuresInRow + 1 },
    before,
  );
}

/** Whether these attempts are the end of it: it said that it is gone, or it has failed for five days. */
export function reasonToDisable(
  after: EndpointHealth,
  attempts: readonly Attempt[],
  nowMs: number,
): DisabledReason | null {
  if (attempts.some(({ answer }) => answer.status === gone)) return 'gone';
  const { failingSince } = after;
  return failingSince !== null && nowMs - failingSince.getTime() >= longestFailureMs ? 'failing' : null;
}
