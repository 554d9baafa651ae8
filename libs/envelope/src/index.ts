/**
 * Everything secret that otpost keeps goes through here: pure functions over bytes, on node:crypto and WebCrypto.
 * The formats and what they defend against are in README.md.
 */

/** A value that must not be printed. What this library opens comes as one. */
export { Secret } from './secret.js';
/** The one error, with stable codes; never any content. */
export { EnvelopeError, type EnvelopeErrorCode } from './errors.js';

/** Sealing at rest: AES-256-GCM (NIST SP 800-38D) under a workspace's data key, bound to one column of one row. */
export { open, openText, seal } from './sealed-value.js';
export { describeSealed, type Place, type SealedHeader, type SealingAlgorithm } from './sealed-header.js';

/** Data keys: in the clear for minutes, wrapped in their rows. */
export { DataKey, unwrapDataKey, type WrappedDataKey, wrapDataKey } from './data-key.js';
export { DataKeyCache, type DataKeyCacheOptions } from './data-key-cache.js';

/** The port behind which the key-encryption keys live. */
export { encodeKeyContext, type KeyContext, type KeyEncryption, rewrapKey, type WrappedKey } from './key-encryption.js';

/** The default implementation of the port: a file on this machine, and what an operator does with it. */
export { LocalKeyring } from './local-keyring.js';
export {
  activateKeyringKey,
  addKeyringKey,
  createKeyringFile,
  readKeyringFile,
  retireKeyringKey,
} from './keyring-file.js';
export { type Keyring, type KeyringKey } from './keyring-format.js';

/** The implementations over a KMS, and several as one. Their libraries are loaded with the first call. */
export { AwsKms, type AwsKmsOptions, isAwsKmsArn } from './key-providers/aws-kms.js';
export { GoogleCloudKms, type GoogleCloudKmsOptions, isGoogleCloudKmsKey } from './key-providers/google-cloud-kms.js';
export { Transit, type TransitOptions } from './key-providers/transit.js';
export { keyProviderNames, type KeyProviderName, KeyProviders } from './key-providers/key-providers.js';

/** Sealing to the vault (HPKE, RFC 9180), by those who must not be able to open. */
export {
  generateVaultKeyPair,
  importVaultKeyPair,
  importVaultPublicKey,
  openInVault,
  sealToVault,
  type VaultKeyPair,
  type VaultPublicKey,
} from './sealed-to-vault.js';

/** Providers' tokens, for the ingestor: the one thing at rest that it can open. */
export { openWithHookKey, sealWithHookKey } from './hook-key.js';

/** Recognising content without keeping it (HMAC-SHA256, RFC 2104), and keys of one purpose (HKDF, RFC 5869). */
export { contentFingerprint, deriveKey, equalInConstantTime } from './content-fingerprint.js';

/** Fields that a CloudCruise client encrypts itself. */
export {
  type ClientValue,
  encryptForClient,
  generateClientEncryptionKey,
  readFromClient,
} from './client-encryption.js';
