import { timingSafeEqual } from 'node:crypto';
import { WebhookSigningError } from './errors.js';
import type { SigningSecret } from './signing-secret.js';

/** A request as it came. */
export interface ReceivedWebhook {
  /** Names in lower case, as node:http gives them. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The bytes of the body, before any parser. */
  body: Uint8Array;
}

const defaultToleranceSeconds = 300;
const signatureBytes = 32;

/**
 * Proves that a request was signed with one of the secrets and is recent (Standard Webhooks, "Verifying webhook authenticity").
 * Every signature is compared with every secret in constant time, so the time it takes says nothing but how many there are.
 *
 * @param toleranceSeconds how far `webhook-timestamp` may be from `nowMs` (epoch), both ways
 * @throws WebhookSigningError `missing_headers`, `malformed_timestamp`, `too_old`, `too_new`, `no_matching_signature`
 */
export function verifyWebhook(
  { headers, body }: ReceivedWebhook,
  options: { secrets: readonly SigningSecret[]; nowMs: number; toleranceSeconds?: number },
): void {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string' || id === '') {
    throw new WebhookSigningError('missing_headers');
  }
  assertRecent(timestamp, options.nowMs, options.toleranceSeconds ?? defaultToleranceSeconds);
  const given = signatures.split(' ').flatMap(readSignature);
  let matches = false;
  for (const secret of options.secrets) {
    const expected = secret.standardSignature(id, timestamp, body);
    for (const signature of given) if (timingSafeEqual(signature, expected)) matches = true;
  }
  if (!matches) throw new WebhookSigningError('no_matching_signature');
}

function assertRecent(timestamp: string, nowMs: number, toleranceSeconds: number): void {
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new WebhookSigningError('malformed_timestamp');
  const ageSeconds = Math.floor(nowMs / 1_000) - Number(timestamp);
  if (ageSeconds > toleranceSeconds) throw new WebhookSigningError('too_old');
  if (ageSeconds < -toleranceSeconds) throw new WebhookSigningError('too_new');
}

/** Signatures of versions that are not known here are passed over, as the standard asks. */
function readSignature(text: string): Buffer[] {
  if (!text.startsWith('v1,')) return [];
  const bytes = Buffer.from(text.slice(3), 'base64');
  return bytes.length === signatureBytes ? [bytes] : [];
}
