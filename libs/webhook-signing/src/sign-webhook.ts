import type { SigningSecret } from './signing-secret.js';

/** What a webhook tells. */
export interface WebhookContent {
  event: string;
  payload: unknown;
  metadata?: unknown;
}

export interface WebhookBody {
  /** Compact JSON. */
  text: string;
  /** Epoch seconds: `timestamp` in the body and `webhook-timestamp`. */
  timestampSeconds: number;
}

export interface WebhookHeaders {
  'x-hmac-signature': string;
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

export interface SignedWebhook {
  body: string;
  headers: WebhookHeaders;
}

const lifeSeconds = 300;

/** The body of one attempt: `{event, payload, metadata?, timestamp, expires_at}`, valid for 300 s from `nowMs` (epoch). */
export function buildWebhookBody({ event, payload, metadata }: WebhookContent, nowMs: number): WebhookBody {
  const timestampSeconds = Math.floor(nowMs / 1_000);
  const envelope = {
    event,
    payload,
    ...(metadata == null ? {} : { metadata }),
    timestamp: timestampSeconds,
    expires_at: timestampSeconds + lifeSeconds,
  };
  return { text: JSON.stringify(envelope), timestampSeconds };
}

/**
 * Makes the body of one attempt and signs it in both ways: `x-hmac-signature: sha256=<hex>` with the first secret, and Standard
 * Webhooks with every one of them, separated by spaces, so that a receiver may hold the old or the new one during a rotation.
 *
 * @param secrets the current one first; at least one
 * @param id of the event: the same on every attempt, by which a receiver counts it once
 */
export function signWebhook(
  content: WebhookContent,
  { id, secrets, nowMs }: { id: string; secrets: readonly [SigningSecret, ...SigningSecret[]]; nowMs: number },
): SignedWebhook {
  const { text, timestampSeconds } = buildWebhookBody(content, nowMs);
  const timestamp = String(timestampSeconds);
  const signatures = secrets.map((secret) => `v1,${secret.standardSignature(id, timestamp, text).toString('base64')}`);
  return {
    body: text,
    headers: {
      'x-hmac-signature': `sha256=${secrets[0].hmacSignature(text)}`,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
  };
}
