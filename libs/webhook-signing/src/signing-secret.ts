import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '@otpost/envelope';
import { WebhookSigningError } from './errors.js';

const prefix = 'whsec_';
const form = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
/** Standard Webhooks, "Signature scheme": between 192 and 512 bits. */
const shortestKeyBytes = 24;
const longestKeyBytes = 64;

/** A new secret: `whsec_` and the base64 of 32 random bytes. */
export function generateWebhookSecret(): Secret {
  return new Secret(prefix + randomBytes(32).toString('base64'));
}

/**
 * The two keys in one `whsec_` secret: `x-hmac-signature` is keyed with the whole text, Standard Webhooks with the bytes that it
 * encodes. Kept as bytes, so that `destroy` can overwrite them; the text it was made from is a string and is up to its holder.
 */
export class SigningSecret {
  readonly #text: Buffer;
  readonly #key: Buffer;

  private constructor(text: Buffer, key: Buffer) {
    this.#text = text;
    this.#key = key;
  }

  /** @throws WebhookSigningError `malformed_secret` */
  static parse(text: Secret): SigningSecret {
    const revealed = text.reveal();
    const key = form.test(revealed) ? Buffer.from(revealed.slice(prefix.length), 'base64') : Buffer.alloc(0);
    if (key.length < shortestKeyBytes || key.length > longestKeyBytes)
      throw new WebhookSigningError('malformed_secret');
    return new SigningSecret(Buffer.from(revealed), key);
  }

  /** Hex of HMAC-SHA256 of the body: what follows `sha256=` in `x-hmac-signature`. */
  hmacSignature(body: string | Uint8Array): string {
    return createHmac('sha256', this.#text).update(body).digest('hex');
  }

  /** HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks, "Signature scheme"), 32 bytes. */
  standardSignature(id: string, timestamp: string, body: string | Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(`${id}.${timestamp}.`).update(body).digest();
  }

  /** Overwrites the keys. What is signed afterwards is worthless. */
  destroy(): void {
    this.#text.fill(0);
    this.#key.fill(0);
  }
}
