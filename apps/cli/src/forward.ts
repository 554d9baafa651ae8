import { signWebhook, type SigningSecret } from '@otpost/webhook-signing';
import type { OtpostEvent } from '@otpost/client';

export interface Forwarded {
  /** Of the receiver's answer; null where there was none. */
  status: number | null;
  /** Why there was none. */
  error: string | null;
  durationMs: number;
}

/** As long as otpost itself waits for a receiver. */
const timeoutMs = 15_000;

/** Posts an event to a receiver as otpost would, once: same body, same headers, both signatures. */
export async function forward(
  { id, event, payload, metadata }: OtpostEvent,
  { url, secret, signal }: { url: string; secret: SigningSecret; signal: AbortSignal },
): Promise<Forwarded> {
  const startedAt = performance.now();
  const { body, headers } = signWebhook({ event, payload, metadata }, { id, secrets: [secret], nowMs: Date.now() });
  const took = () => Math.round(performance.now() - startedAt);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'otpost-webhooks/1', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await answer.body?.cancel();
    return { status: answer.status, error: null, durationMs: took() };
  } catch (error) {
    return { status: null, error: reasonOf(error), durationMs: took() };
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'timed out';
  return typeof cause?.code === 'string' ? cause.code : 'failed';
}
