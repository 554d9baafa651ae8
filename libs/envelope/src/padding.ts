import { EnvelopeError } from './errors.js';

/** Everything up to 63 bytes (a code, a seed, nearly every password and user name) has one and the same size. */
const BLOCK_BYTES = 64;
const END_OF_PLAINTEXT = 0x80;

/**
 * The plaintext, a marker byte, and zeros up to a multiple of 64 bytes (ISO/IEC 7816-4).
 *
 * AES-GCM shows the exact length of what it encrypts, so whoever reads a copy of the database would learn which
 * passwords are short. With this they learn a length in steps of 64 bytes. It is inside the encryption and read only
 * after authentication, so it gives no padding oracle.
 */
export function pad(plaintext: string | Uint8Array): Buffer<ArrayBuffer> {
  const length = Buffer.byteLength(plaintext);
  // Not from Buffer's pool, which is shared: the caller zeroes this copy.
  const padded = Buffer.alloc(Math.ceil((length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
  if (typeof plaintext === 'string') padded.write(plaintext);
  else padded.set(plaintext);
  padded[length] = END_OF_PLAINTEXT;
  return padded;
}

/** The inverse of {@link pad}: a view into the same memory, not a copy. */
export function unpad(padded: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end -= 1;
  if (padded[end] !== END_OF_PLAINTEXT) throw new EnvelopeError('not_authentic', 'the plaintext is not padded');
  return padded.subarray(0, end);
}
