import { generateKeyPairSync, sign } from 'node:crypto';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** As SendGrid shows it. */
export const sendGridPublicKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

export type FormField = { name: string; value: string | Buffer; filename?: string; contentType?: string };

const boundary = 'xYzZY';

/** A form as SendGrid posts it: fields without a content type, each in a charset of its own. */
export function inboundParseForm(fields: readonly FormField[]): { body: Buffer; contentType: string } {
  const parts = fields.flatMap(({ name, value, filename, contentType }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
        (filename === undefined ? '' : `; filename="${filename}"`) +
        (contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`) +
        '\r\n\r\n',
    ),
    Buffer.isBuffer(value) ? value : Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

export interface PostOptions {
  path?: string;
  /** Epoch seconds that the signature is over. */
  timestamp?: number;
  /** False: posts no signature at all. */
  signed?: boolean;
  /** Replaces the signature. */
  signature?: string;
}

/** Signs and posts: ECDSA over timestamp and body, base64 of DER. */
export function postInboundParse(
  baseUrl: string,
  { body, contentType }: { body: Buffer; contentType: string },
  {
    path = '/inbound/sendgrid/parse',
    timestamp = Math.floor(Date.now() / 1_000),
    signed = true,
    signature,
  }: PostOptions = {},
): Promise<Response> {
  const own = sign('sha256', Buffer.concat([Buffer.from(String(timestamp)), body]), privateKey).toString('base64');
  return fetch(baseUrl + path, {
    method: 'POST',
    headers: {
      'content-type': contentType,
      ...(signed && {
        'x-twilio-email-event-webhook-signature': signature ?? own,
        'x-twilio-email-event-webhook-timestamp': String(timestamp),
      }),
    },
    body: new Uint8Array(body),
  });
}
