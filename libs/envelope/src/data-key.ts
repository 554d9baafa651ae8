import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { EnvelopeError } from './errors.js';
import { type KeyEncryption, type WrappedKey } from './key-encryption.js';
import { encodeHeader } from './sealed-header.js';

const DATA_KEY_BYTES = 32;

/**
 * A data-encryption key of one workspace, in the clear: 32 bytes that can be zeroed.
 *
 * A zeroed key refuses every further use. Otherwise the all-zero key would be used in its place, silently. Prints no key.
 */
export class DataKey {
  /** What every value sealed under this key begins with. */
  readonly header: Buffer<ArrayBuffer>;
  readonly #bytes: Uint8Array;
  #destroyed = false;

  /**
   * @param id UUID, unique in the deployment
   * @param version counts a workspace's data keys: 1, 2, …
   * @param bytes 32 bytes. The DataKey owns them from here on: no copy is made, so that none survives `destroy()`.
   * @throws EnvelopeError `invalid_key`, `invalid_id`
   */
  constructor(
    readonly id: string,
    readonly version: number,
    bytes: Uint8Array,
  ) {
    if (bytes.length !== DATA_KEY_BYTES) throw new EnvelopeError('invalid_key', 'a data key has 32 bytes');
    if (!Number.isSafeInteger(version) || version < 1)
      throw new EnvelopeError('invalid_key', 'the version of a data key is a whole number from 1');
    this.header = encodeHeader('aes-256-gcm', id);
    this.#bytes = bytes;
  }

  /** A fresh random key. */
  static generate(id: string, version: number): DataKey {
    return new DataKey(id, version, randomBytes(DATA_KEY_BYTES));
  }

  /**
   * The key itself, not a copy: use it before the next `await`, or hold the key through a {@link DataKeyCache}.
   *
   * @throws EnvelopeError `key_destroyed`
   */
  reveal(): Uint8Array {
    if (this.#destroyed) throw new EnvelopeError('key_destroyed', `data key ${this.id} was zeroed`);
    return this.#bytes;
  }

  /** Zeroes the key. May be called again. */
  destroy(): void {
    this.#destroyed = true;
    this.#bytes.fill(0);
  }

  get destroyed(): boolean {
    return this.#destroyed;
  }

  toJSON(): string {
    return `[data key ${this.id}]`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}

/** A data key as its row keeps it. */
export interface WrappedDataKey extends WrappedKey {
  id: string;
  version: number;
  workspaceId: string;
}

/** Wraps a data key of this workspace under the active KEK, for its row. */
export async function wrapDataKey(kek: KeyEncryption, key: DataKey, workspaceId: string): Promise<WrappedDataKey> {
  const wrapped = await kek.wrap(key.reveal(), { workspaceId, keyId: key.id, purpose: 'data-key' });
  return { id: key.id, version: key.version, workspaceId, ...wrapped };
}

/**
 * The data key of a row.
 *
 * @throws EnvelopeError `not_authentic` for a row whose key was moved from another workspace or id, `unknown_kek`
 */
export async function unwrapDataKey(kek: KeyEncryption, row: WrappedDataKey): Promise<DataKey> {
  const bytes = await kek.unwrap(row, { workspaceId: row.workspaceId, keyId: row.id, purpose: 'data-key' });
  return new DataKey(row.id, row.version, bytes);
}
