import { EnvelopeError } from './errors.js';

/**
 * The first 18 bytes of everything sealed for a column:
 *
 * | offset | bytes | what |
 * | --- | --- | --- |
 * | 0 | 1 | format version, 1 |
 * | 1 | 1 | algorithm: 1 AES-256-GCM under a data key, 2 HPKE to a key pair of the vault |
 * | 2 | 16 | id (UUID) of that data key or key pair |
 *
 * What follows is the algorithm's. The header is authenticated with the value.
 */
export interface SealedHeader {
  version: number;
  algorithm: SealingAlgorithm;
  /** The id of the data key, or of the vault's key pair. */
  keyId: string;
}

export type SealingAlgorithm = keyof typeof ALGORITHM_BYTES;

/** Where a value lives. It opens nowhere else. */
export interface Place {
  /** Ids as the database returns them: they are compared as text, upper case is another place. */
  workspaceId: string;
  table: string;
  rowId: string;
  column: string;
}

export const HEADER_BYTES = 18;
const FORMAT_VERSION = 1;
const ALGORITHM_BYTES = { 'aes-256-gcm': 1, hpke: 2 } as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Tells which key opens a sealed value, without that key. Unauthenticated until the value is opened.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `unknown_algorithm`
 */
export function describeSealed(sealed: Uint8Array): SealedHeader {
  const [version, algorithmByte] = sealed;
  if (version === undefined || algorithmByte === undefined) throw new EnvelopeError('truncated', 'no header');
  if (version !== FORMAT_VERSION) throw new EnvelopeError('unknown_version', `no sealed format has version ${version}`);
  const algorithm = Object.entries(ALGORITHM_BYTES).find(([, byte]) => byte === algorithmByte)?.[0];
  if (algorithm === undefined) throw new EnvelopeError('unknown_algorithm', `no algorithm has number ${algorithmByte}`);
  if (sealed.length < HEADER_BYTES) throw new EnvelopeError('truncated', 'the header is not complete');
  const hex = Buffer.from(sealed.subarray(2, HEADER_BYTES)).toString('hex');
  const keyId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { version, algorithm: algorithm as SealingAlgorithm, keyId };
}

/**
 * The header of what is sealed under this key.
 *
 * @throws EnvelopeError `invalid_id`
 */
export function encodeHeader(algorithm: SealingAlgorithm, keyId: string): Buffer<ArrayBuffer> {
  if (!UUID.test(keyId)) throw new EnvelopeError('invalid_id', 'a key id is a UUID in lower case');
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FORMAT_VERSION;
  header[1] = ALGORITHM_BYTES[algorithm];
  header.write(keyId.replaceAll('-', ''), 2, 'hex');
  return header;
}

/**
 * Refuses what was not sealed with this header, with the code that says why; returns what follows it.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `unknown_algorithm`, `wrong_key`
 */
export function stripHeader(sealed: Uint8Array, header: Buffer<ArrayBuffer>): Uint8Array {
  if (!header.equals(sealed.subarray(0, HEADER_BYTES))) {
    const { algorithm, keyId } = describeSealed(sealed);
    const expected = describeSealed(header);
    if (algorithm !== expected.algorithm)
      throw new EnvelopeError('unknown_algorithm', `sealed with ${algorithm}, not ${expected.algorithm}`);
    throw new EnvelopeError('wrong_key', `sealed under key ${keyId}, not ${expected.keyId}`);
  }
  return sealed.subarray(HEADER_BYTES);
}
