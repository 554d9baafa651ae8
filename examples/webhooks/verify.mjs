// Proves that a webhook is from otpost, with nothing but Node.js. docs/webhooks.md tells what webhooks say.
import { createHmac, timingSafeEqual } from 'node:crypto';

const toleranceSeconds = 300;

/**
 * The event that a webhook tells. An event may come more than once, by the same `id`.
 *
 * @param {import('node:http').IncomingHttpHeaders} headers of the request
 * @param {Buffer} body its bytes as they came, before anything parsed them
 * @param {string} secret `whsec_…`, as it was shown when the endpoint was made
 * @returns {{ id: string, event: string, payload: object, metadata?: object, timestamp: number, expires_at: number }}
 * @throws where it is not proven, or too old
 */
export function verify(headers, body, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(ageSeconds <= toleranceSeconds)) throw new Error('the webhook is too old, or has no time');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const right = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  // Several while a secret is rotated.
  if (!signatures.split(' ').some((given) => isSame(given, right)))
    throw new Error('the webhook is not signed by otpost');
  return { id, ...JSON.parse(body) };
}

function isSame(one, other) {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
