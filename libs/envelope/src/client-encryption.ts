import { randomBytes } from 'node:crypto';
import { decrypt, encrypt, NONCE_BYTES, TAG_BYTES } from './aes-256-gcm.js';
import { EnvelopeError } from './errors.js';
import { Secret } from './secret.js';

/** The shortest useful JSON, an empty string, is two bytes. */
const SHORTEST_HEX_DIGITS = 2 * (NONCE_BYTES + 2 + TAG_BYTES);
const LOWER_CASE_HEX = /^(?:[0-9a-f]{2})+$/;
const KEY = /^[0-9a-fA-F]{64}$/;
const NO_ASSOCIATED_DATA = new Uint8Array(0);

/** A field as a client sent it. */
export interface ClientValue {
  /** The plaintext: of a plaintext field the string itself, of an encrypted one whatever JSON it was. */
  value: Secret<unknown>;
  /** Whether it came encrypted, and so is given back encrypted. */
  encrypted: boolean;
}

/** A new `client_encryption_key`: 64 hex digits. */
export function generateClientEncryptionKey(): Secret {
  return new Secret(randomBytes(32).toString('hex'));
}

/**
 * Encrypts a value for the holder of the workspace's `client_encryption_key`, as CloudCruise's client does: lower-case
 * hex of a fresh 12-byte IV, the ciphertext and the 16-byte tag of AES-256-GCM over `JSON.stringify(value)`.
 *
 * @param key 64 hex digits
 * @param value anything that JSON has
 * @throws EnvelopeError `invalid_key`, `invalid_value`
 */
export function encryptForClient(key: Secret, value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new EnvelopeError('invalid_value', 'there is no JSON for this value');
  return encrypt(keyBytes(key), Buffer.from(json), NO_ASSOCIATED_DATA).toString('hex');
}

/**
 * Tells ciphertext from plaintext, and opens it.
 *
 * - What authenticates under the key is ciphertext.
 * - What looks like ciphertext (lower-case hex, even length, 60 digits or more) and does not authenticate is refused:
 *   it was encrypted under another key or damaged, and storing it as the password would be found out at the next login.
 * - Everything else is plaintext.
 *
 * So a plaintext of 60 or more lower-case hex digits, such as an API token of 32 bytes used as a password, is refused.
 * Its owner sends it encrypted, which has no such limit.
 *
 * @param key 64 hex digits
 * @throws EnvelopeError `client_value_refused`, `invalid_key`
 */
export function readFromClient(key: Secret, field: string): ClientValue {
  if (field.length < SHORTEST_HEX_DIGITS || !LOWER_CASE_HEX.test(field))
    return { value: new Secret(field), encrypted: false };
  const bytes = keyBytes(key);
  try {
    const json = decrypt(bytes, Buffer.from(field, 'hex'), NO_ASSOCIATED_DATA).toString();
    return { value: new Secret(JSON.parse(json) as unknown), encrypted: true };
  } catch {
    // Not JSON is refused in the same words: JSON.parse would quote it.
    throw new EnvelopeError('client_value_refused', "looks encrypted, and is not under this workspace's key");
  }
}

function keyBytes(key: Secret): Buffer {
  if (!KEY.test(key.reveal())) throw new EnvelopeError('invalid_key', 'a client encryption key has 64 hex digits');
  return Buffer.from(key.reveal(), 'hex');
}
