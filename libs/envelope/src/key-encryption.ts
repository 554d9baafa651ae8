import { lengthPrefixed } from './length-prefixed.js';

/**
 * The port behind which the key-encryption keys live: a local keyring, or a KMS. KEKs never leave it; data keys and
 * the private half of the vault's key pair go through it.
 *
 * `testing/key-encryption-suite.ts` says in tests what every implementation must do.
 */
export interface KeyEncryption {
  /** The KEK under which `wrap` works now. Rotation rewraps every key that names another one. */
  activeKekId(): Promise<string>;

  /**
   * Encrypts a key under the active KEK and authenticates the context with it.
   *
   * @param key at most 4,096 bytes (the limit of AWS KMS); not kept, not changed
   */
  wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey>;

  /**
   * Gives the key back, in memory that the caller owns and zeroes.
   *
   * @throws EnvelopeError `unknown_kek`; `not_authentic` or `truncated` for altered bytes or another context
   */
  unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Uint8Array>;
}

/** What a key is for. Authenticated, not stored: a wrapped key moved to another row does not unwrap. */
export interface KeyContext {
  /** `null` for a key of the whole deployment. */
  workspaceId: string | null;
  keyId: string;
  purpose: 'data-key' | 'vault-key-pair';
}

/** A wrapped key and the KEK that wrapped it. The id begins with the provider's name: `local:3f…`. */
export interface WrappedKey {
  kekId: string;
  wrapped: Uint8Array<ArrayBuffer>;
}

/** The context as associated data, for implementations that take bytes (keyring, Google Cloud KMS, Transit). */
export function encodeKeyContext(kekId: string, context: KeyContext): Uint8Array<ArrayBuffer> {
  return lengthPrefixed('otpost wrapped key', kekId, context.purpose, context.workspaceId ?? '', context.keyId);
}

/** The same key under the KEK that is active now: one step of a KEK rotation, or of a move to another provider. */
export async function rewrapKey(
  from: KeyEncryption,
  to: KeyEncryption,
  wrapped: WrappedKey,
  context: KeyContext,
): Promise<WrappedKey> {
  const key = await from.unwrap(wrapped, context);
  try {
    return await to.wrap(key, context);
  } finally {
    key.fill(0);
  }
}
