/** The values that must not be printed. */
export { Secret } from './secret.js';

/** Sealing at rest: AES-256-GCM under a workspace's data key, bound to one column of one row. */
export { open, openText, seal } from './sealed-value.js';
export { describeSealed, type Place, type SealedHeader } from './sealed-header.js';
export { DataKey, unwrapDataKey, type WrappedDataKey, wrapDataKey } from './data-key.js';
export { DataKeyCache, type DataKeyCacheOptions } from './data-key-cache.js';
export { type KeyContext, type KeyEncryption, rewrapKey, type WrappedKey } from './key-encryption.js';
export { EnvelopeError, type EnvelopeErrorCode } from './errors.js';

/** The default key port: KEKs in a file on this machine. */
export { LocalKeyring } from './local-keyring.js';
export {
  activateKeyringKey,
  addKeyringKey,
  createKeyringFile,
  readKeyringFile,
  retireKeyringKey,
} from './keyring-file.js';
export { type Keyring, type KeyringKey } from './keyring-format.js';
