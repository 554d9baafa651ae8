import { EnvelopeError } from '../errors.js';

const FORMAT_VERSION = 1;

/** What a KMS gave, with a version byte before it: what follows may have to be told from a later format. */
export function framed(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
  return Buffer.concat([Uint8Array.of(FORMAT_VERSION), ciphertext]);
}

/** @throws EnvelopeError `truncated`, `unknown_version` */
export function unframed(wrapped: Uint8Array): Buffer<ArrayBuffer> {
  if (wrapped.length < 2) throw new EnvelopeError('truncated', 'an empty wrapped key');
  if (wrapped[0] !== FORMAT_VERSION) throw new EnvelopeError('unknown_version', 'no wrapped key has this version');
  return Buffer.from(wrapped.subarray(1));
}
