import { decrypt, encrypt } from './aes-256-gcm.js';
import { EnvelopeError } from './errors.js';
import { encodeKeyContext, type KeyContext, type KeyEncryption, type WrappedKey } from './key-encryption.js';
import { readKeyringFile } from './keyring-file.js';
import { findKey, type Keyring, type KeyringKey, parseKeyring } from './keyring-format.js';
import { type Secret } from './secret.js';

const FORMAT_VERSION = 1;

/**
 * KEKs from a file on this machine, or from a string: the default, for those without a KMS.
 *
 * A wrapped key is a version byte (1), then nonce, ciphertext and tag of AES-256-GCM; the KEK's id, the key's id, its
 * purpose and its workspace are associated data.
 */
export class LocalKeyring implements KeyEncryption {
  readonly #read: () => Keyring;
  #keyring: Keyring;

  private constructor(read: () => Keyring) {
    this.#read = read;
    this.#keyring = read();
  }

  /**
   * Over a keyring file, which it keeps following.
   *
   * @throws EnvelopeError `keyring_missing`, `keyring_unreadable`, `keyring_permissions`, `keyring_malformed`
   */
  static open(path: string): LocalKeyring {
    return new LocalKeyring(() => readKeyringFile(path));
  }

  /**
   * Over the text of a keyring, as from an environment variable.
   *
   * @throws EnvelopeError `keyring_malformed`
   */
  static parse(text: Secret): LocalKeyring {
    const keyring = parseKeyring(text.reveal());
    return new LocalKeyring(() => keyring);
  }

  /** Reads the file again. Where that fails, what was read before stays. */
  reload(): void {
    this.#keyring = this.#read();
  }

  activeKekId(): Promise<string> {
    return attempt(() => this.#activeKey().kekId);
  }

  wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    return attempt(() => {
      const kek = this.#activeKey();
      const encrypted = encrypt(kek.key.reveal(), key, encodeKeyContext(kek.kekId, context));
      return { kekId: kek.kekId, wrapped: Buffer.concat([Uint8Array.of(FORMAT_VERSION), encrypted]) };
    });
  }

  unwrap({ kekId, wrapped }: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    return attempt(() => {
      const kek = this.#keyOf(kekId);
      if (wrapped.length === 0) throw new EnvelopeError('truncated', 'an empty wrapped key');
      if (wrapped[0] !== FORMAT_VERSION) throw new EnvelopeError('unknown_version', 'no wrapped key has this version');
      return decrypt(kek.key.reveal(), wrapped.subarray(1), encodeKeyContext(kekId, context));
    });
  }

  /**
   * Reads the file first, each time. Wrapping is rare, and a vault that missed a rotation would wrap new keys under a
   * KEK that is about to be destroyed.
   */
  #activeKey(): KeyringKey {
    this.reload();
    return findKey(this.#keyring, this.#keyring.activeKekId);
  }

  /** Reads the file only for a KEK that it does not know: one added since. */
  #keyOf(kekId: string): KeyringKey {
    if (!this.#keyring.keys.some((key) => key.kekId === kekId)) this.reload();
    return findKey(this.#keyring, kekId);
  }
}

/** The port is asynchronous, a keyring is not: what the work throws becomes a rejection. */
function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
