import { decrypt, encrypt } from './aes-256-gcm.js';
import { type DataKey } from './data-key.js';
import { lengthPrefixed } from './length-prefixed.js';
import { pad, unpad } from './padding.js';
import { type Place, stripHeader } from './sealed-header.js';
import { Secret } from './secret.js';

/**
 * Seals one value for one column of one row, as bytes for a `bytea` column:
 *
 * | offset | bytes | what |
 * | --- | --- | --- |
 * | 0 | 18 | header: version 1, algorithm 1, id of the data key ({@link describeSealed}) |
 * | 18 | 12 | nonce, fresh and random |
 * | 30 | 64 · n | ciphertext of the padded plaintext |
 * | 30 + 64 · n | 16 | tag |
 *
 * AES-256-GCM (NIST SP 800-38D). Associated data: header, version of the data key, workspace, table, row and column,
 * each with its length. A value copied to another row, column, table or workspace does not open there.
 *
 * @throws EnvelopeError `key_destroyed`
 */
export function seal(dataKey: DataKey, plaintext: string | Uint8Array, place: Place): Uint8Array<ArrayBuffer> {
  const padded = pad(plaintext);
  try {
    return Buffer.concat([dataKey.header, encrypt(dataKey.reveal(), padded, associatedData(dataKey, place))]);
  } finally {
    padded.fill(0);
  }
}

/**
 * Opens a sealed value where it was sealed.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `unknown_algorithm`, `wrong_key` (before any cryptography, from
 *   the header), `not_authentic` (altered or moved; which of them cannot be told), `key_destroyed`
 */
export function open(dataKey: DataKey, sealed: Uint8Array, place: Place): Secret<Buffer<ArrayBuffer>> {
  return new Secret(openPadded(dataKey, sealed, place));
}

/** As {@link open}, for a value that was sealed as a string. */
export function openText(dataKey: DataKey, sealed: Uint8Array, place: Place): Secret {
  const plaintext = openPadded(dataKey, sealed, place);
  const text = new Secret(plaintext.toString('utf8'));
  plaintext.fill(0);
  return text;
}

function openPadded(dataKey: DataKey, sealed: Uint8Array, place: Place): Buffer<ArrayBuffer> {
  const encrypted = stripHeader(sealed, dataKey.header);
  return unpad(decrypt(dataKey.reveal(), encrypted, associatedData(dataKey, place)));
}

function associatedData(dataKey: DataKey, { workspaceId, table, rowId, column }: Place): Buffer {
  return lengthPrefixed(
    'otpost sealed value',
    dataKey.header,
    String(dataKey.version),
    workspaceId,
    table,
    rowId,
    column,
  );
}
