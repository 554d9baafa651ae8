import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EnvelopeError } from './errors.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh random 96-bit nonce: nonce, ciphertext, 128-bit tag, in this order.
 *
 * With random nonces one key may encrypt 2^32 values (section 8.3); a workspace that seals a hundred values a second
 * gets there in 16 months. Rotate its data key before.
 *
 * @throws EnvelopeError `invalid_key`
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Buffer<ArrayBuffer> {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, encryptOnce(key, nonce, plaintext, associatedData)]);
}

/**
 * Opens what {@link encrypt} made, in memory of its own. No byte of the plaintext is returned before the tag verified.
 *
 * @throws EnvelopeError `truncated`, `not_authentic`, `invalid_key`
 */
export function decrypt(key: Uint8Array, encrypted: Uint8Array, associatedData: Uint8Array): Buffer<ArrayBuffer> {
  if (encrypted.length < NONCE_BYTES + TAG_BYTES) throw new EnvelopeError('truncated', 'no room for nonce and tag');
  const nonce = encrypted.subarray(0, NONCE_BYTES);
  return decryptOnce(key, nonce, encrypted.subarray(NONCE_BYTES), associatedData);
}

/**
 * Ciphertext and tag under a nonce that this key never had and never has again: two plaintexts under one nonce reveal
 * each other, and the key that authenticates them.
 */
export function encryptOnce(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Buffer<ArrayBuffer> {
  refuseOtherLengths(key);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([ciphertext, cipher.getAuthTag()]);
}

/** The inverse of {@link encryptOnce}. */
export function decryptOnce(
  key: Uint8Array,
  nonce: Uint8Array,
  encrypted: Uint8Array,
  associatedData: Uint8Array,
): Buffer<ArrayBuffer> {
  refuseOtherLengths(key);
  const end = encrypted.length - TAG_BYTES;
  if (end < 0) throw new EnvelopeError('truncated', 'no room for a tag');
  // Node takes tags of 4 bytes and up unless told: a short tag is forged easily.
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData);
  decipher.setAuthTag(encrypted.subarray(end));
  const plaintext = decipher.update(encrypted.subarray(0, end)) as Buffer<ArrayBuffer>;
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
