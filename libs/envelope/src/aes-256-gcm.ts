import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EnvelopeError } from './errors.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes that {@link encrypt} adds to a plaintext: nonce and tag. */
export const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh random 96-bit nonce: nonce, ciphertext, 128-bit tag, in this order.
 *
 * With random nonces one key may encrypt 2^32 values (section 8.3); a workspace that seals a hundred values a second
 * gets there in 16 months. Rotate its data key before.
 *
 * @throws EnvelopeError `invalid_key`
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Buffer<ArrayBuffer> {
  refuseOtherLengths(key);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
}

/**
 * Opens what {@link encrypt} made, in memory of its own. No byte of the plaintext is returned before the tag verified.
 *
 * @throws EnvelopeError `truncated`, `not_authentic`, `invalid_key`
 */
export function decrypt(key: Uint8Array, encrypted: Uint8Array, associatedData: Uint8Array): Buffer<ArrayBuffer> {
  refuseOtherLengths(key);
  if (encrypted.length < OVERHEAD_BYTES) throw new EnvelopeError('truncated', 'too short for a nonce and a tag');
  const end = encrypted.length - TAG_BYTES;
  const nonce = encrypted.subarray(0, NONCE_BYTES);
  // Node takes tags of 4 bytes and up unless told: a short tag is forged easily.
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(encrypted.subarray(end));
  const plaintext = decipher.update(encrypted.subarray(NONCE_BYTES, end)) as Buffer<ArrayBuffer>;
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new EnvelopeError('not_authentic', 'the tag does not verify: altered, moved, or under another key');
  }
  return plaintext;
}

function refuseOtherLengths(key: Uint8Array): void {
  if (key.length !== KEY_BYTES) throw new EnvelopeError('invalid_key', `an AES-256 key has ${KEY_BYTES} bytes`);
}
