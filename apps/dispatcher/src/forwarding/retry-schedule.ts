/** Milliseconds after each failed attempt until the next one: eight attempts over about seven hours. */
const delaysMs = [10, 60, 5 * 60, 15 * 60, 3_600, 2 * 3_600, 4 * 3_600].map((seconds) => seconds * 1_000);
const jitter = 0.1;

/**
 * When to try again after a failed attempt; null: that was the last one. Up to a tenth earlier or later, so that what failed together does
 * not come back together.
 * @param attempts made so far, this one included
 * @param random 0 to below 1
 */
export function nextTryAt(attempts: number, { nowMs, random }: { nowMs: number; random: number }): number | null {
  const delayMs = delaysMs[attempts - 1];
  return delayMs === undefined ? null : nowMs + Math.round(delayMs * (1 - jitter + 2 * jitter * random));
}
