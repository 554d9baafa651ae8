import { EnvelopeError } from '../errors.js';
import { type KeyContext, type KeyEncryption, type WrappedKey } from '../key-encryption.js';

/** The kinds of providers: what an id of a KEK begins with. */
export const keyProviderNames = ['local', 'aws-kms', 'gcp-kms', 'transit'] as const;
export type KeyProviderName = (typeof keyProviderNames)[number];

/**
 * Several providers as one: the present one wraps, each unwraps what it wrapped. So keys move from one to another one at a time, while
 * readers find every one of them.
 */
export class KeyProviders implements KeyEncryption {
  readonly #present: KeyEncryption;
  readonly #all: ReadonlyMap<string, KeyEncryption>;

  constructor(present: KeyProviderName, providers: ReadonlyMap<KeyProviderName, KeyEncryption>) {
    const wrapping = providers.get(present);
    if (wrapping === undefined) throw new TypeError('the present provider is not among the providers');
    this.#present = wrapping;
    this.#all = providers;
  }

  activeKekId(): Promise<string> {
    return this.#present.activeKekId();
  }

  wrap(key: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    return this.#present.wrap(key, context);
  }

  async unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Uint8Array> {
    const name = wrapped.kekId.split(':', 1)[0] ?? '';
    const provider = this.#all.get(name);
    if (provider === undefined)
      throw new EnvelopeError(
        'unknown_kek',
        `the key was wrapped by "${name}", which is not configured: name it in OTPOST_OTHER_KEY_PROVIDERS`,
      );
    return provider.unwrap(wrapped, context);
  }
}
