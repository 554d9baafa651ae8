import type { Expectation } from '@otpost/code-extraction';
import { extractionHint } from '@otpost/contracts';

/** What is known of the credential that a message came for. A hint that an older release stored counts as none. */
export function expectationOf({ domain, hint }: { domain: string; hint: unknown }): Expectation {
  const parsed = extractionHint.safeParse(hint);
  return { domain, ...(parsed.success ? { hint: parsed.data } : {}) };
}
