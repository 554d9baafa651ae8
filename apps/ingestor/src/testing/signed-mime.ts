import { createHmac, randomUUID } from 'node:crypto';

/** Of the specs' raw MIME hook. */
export const mimeSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Posts a mail to the raw MIME hook, signed over its bytes. */
export function postMime(baseUrl: string, mail: string | Uint8Array): Promise<Response> {
  const id = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(mimeSecret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(mail).digest('base64');
  return fetch(`${baseUrl}/inbound/email/mime`, {
    method: 'POST',
    headers: {
      'content-type': 'message/rfc822',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body: mail,
  });
}
