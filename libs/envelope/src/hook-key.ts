import { decrypt, encrypt } from './aes-256-gcm.js';
import { deriveKey } from './content-fingerprint.js';
import { EnvelopeError } from './errors.js';
import { lengthPrefixed } from './length-prefixed.js';
import { pad, unpad } from './padding.js';
import { type Place } from './sealed-header.js';
import { Secret } from './secret.js';

const FORMAT_VERSION = 1;
const PURPOSE = 'otpost sealed to hook key';

/**
 * Seals a provider's token for the ingestor, which can open nothing else of what is at rest:
 *
 * | offset | bytes | what |
 * | --- | --- | --- |
 * | 0 | 1 | format version, 1 |
 * | 1 | 12 | nonce, fresh and random |
 * | 13 | 64 · n | ciphertext of the padded plaintext |
 * | 13 + 64 · n | 16 | tag |
 *
 * AES-256-GCM (NIST SP 800-38D) under a key derived from the hook key for this purpose alone. Associated data: version,
 * workspace, table, row and column, so that a tenant's token moved to another's number does not open there.
 *
 * @param hookKey 32 bytes, shared by vault and ingestor
 */
export function sealWithHookKey(hookKey: Uint8Array, plaintext: string, place: Place): Uint8Array<ArrayBuffer> {
  const padded = pad(plaintext);
  try {
    const encrypted = encrypt(deriveKey(hookKey, PURPOSE), padded, associatedData(place));
    return Buffer.concat([Uint8Array.of(FORMAT_VERSION), encrypted]);
  } finally {
    padded.fill(0);
  }
}

/**
 * Opens what {@link sealWithHookKey} sealed, where it was sealed.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `not_authentic` (altered, moved, or under another hook key)
 */
export function openWithHookKey(hookKey: Uint8Array, sealed: Uint8Array, place: Place): Secret {
  const [version] = sealed;
  if (version === undefined) throw new EnvelopeError('truncated', 'no header');
  if (version !== FORMAT_VERSION) throw new EnvelopeError('unknown_version', `no hook format has version ${version}`);
  const padded = decrypt(deriveKey(hookKey, PURPOSE), sealed.subarray(1), associatedData(place));
  const text = new Secret(unpad(padded).toString('utf8'));
  padded.fill(0);
  return text;
}

function associatedData({ workspaceId, table, rowId, column }: Place): Buffer {
  return lengthPrefixed(PURPOSE, Uint8Array.of(FORMAT_VERSION), workspaceId, table, rowId, column);
}
