/** Stable reasons, for callers to branch on. */
export type EnvelopeErrorCode =
  /** The bytes name a format version this release does not know: written by a newer one, or no sealed value at all. */
  | 'unknown_version'
  /** The version is known, the algorithm byte is not the one asked for. */
  | 'unknown_algorithm'
  /** Too short to be what it should be. */
  | 'truncated'
  /** Sealed under another key than the one given; the key id in the bytes says which. */
  | 'wrong_key'
  /** Altered, moved to another place, or sealed under another key: the tag does not verify. Nothing says which. */
  | 'not_authentic'
  /** The key was zeroed before this use. */
  | 'key_destroyed'
  /** A key of the wrong length or form. */
  | 'invalid_key'
  /** A key id that is not a UUID. */
  | 'invalid_id'
  /** A value that cannot be sealed, such as `undefined` for JSON. */
  | 'invalid_value'
  /** No such key-encryption key here, also after a reload. */
  | 'unknown_kek'
  /** The KMS does not answer, or is in trouble of its own: later it may. Tried again before this was said. */
  | 'key_provider_unavailable'
  /** The KMS refuses the credentials, or the call. An operator has to change something. */
  | 'key_provider_denied'
  /** The KMS has the key and does not use it: disabled, or about to be destroyed. */
  | 'key_disabled'
  | 'keyring_missing'
  | 'keyring_unreadable'
  | 'keyring_exists'
  | 'keyring_permissions'
  | 'keyring_malformed'
  /** Another change of the keyring file is under way, or was interrupted. */
  | 'keyring_busy'
  /** The active key cannot be retired. */
  | 'keyring_key_active'
  /** A field that looks client-encrypted but does not open under the workspace's key. */
  | 'client_value_refused';

/**
 * The one error of this library. Code and message name keys, files and formats, never content: both may be logged.
 */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';

  constructor(
    readonly code: EnvelopeErrorCode,
    message: string,
  ) {
    super(message);
  }
}
