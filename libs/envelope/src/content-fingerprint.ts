import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { lengthPrefixed } from './length-prefixed.js';

/**
 * Recognises the same content again without keeping it: repeats of a message, a TOTP seed stored twice, the body of
 * an idempotent request. HMAC-SHA256 (RFC 2104), 32 bytes.
 *
 * Keyed, since a bare hash of a templated SMS is undone by trying a million codes. Bound to a purpose, so that equal
 * content under two purposes cannot be matched. Parts are told apart: (`ab`, `c`) is not (`a`, `bc`).
 *
 * @param key 32 bytes, as from {@link deriveKey}
 */
export function contentFingerprint(
  key: Uint8Array,
  purpose: string,
  ...parts: readonly (string | Uint8Array)[]
): Buffer<ArrayBuffer> {
  const content = lengthPrefixed('otpost fingerprint', purpose, ...parts);
  return Buffer.from(createHmac('sha256', key).update(content).digest());
}

/**
 * A key of its own for one purpose, from a master key: HKDF-SHA256 (RFC 5869) without salt, 32 bytes. The keys of two
 * purposes tell nothing about each other or the master.
 *
 * @param master at least 32 bytes of full entropy; not a password
 */
export function deriveKey(master: Uint8Array, purpose: string): Buffer<ArrayBuffer> {
  return Buffer.from(hkdfSync('sha256', master, '', lengthPrefixed('otpost derived key', purpose), 32));
}

/** Compares in a time that depends on the lengths only. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
