/** Milliseconds after each failed attempt until the next one. Eight attempts over about 28 hours. */
const delaysMs = [5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 10 * 3_600].map((seconds) => seconds * 1_000);
const jitter = 0.1;
const longestRetryAfterMs = 24 * 3_600_000;

/**
 * When to try again after a failed attempt; null: that was the last one. Up to a tenth earlier or later, so that what failed together does
 * not come back together. `Retry-After` moves it later (by a day at most), never earlier: attempts are few.
 * @param attempts made so far, this one included
 * @param random 0 to below 1
 */
export function nextAttemptAt(
  attempts: number,
  { nowMs, retryAfterMs, random }: { nowMs: number; retryAfterMs: number | null; random: number },
): number | null {
  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return null;
  const jittered = Math.round(delayMs * (1 - jitter + 2 * jitter * random));
  return nowMs + Math.max(jittered, Math.min(retryAfterMs ?? 0, longestRetryAfterMs));
}

/** Milliseconds that a `Retry-After` header asks for: seconds, or a date (RFC 9110 section 10.2.3). Null: nothing that can be read. */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
