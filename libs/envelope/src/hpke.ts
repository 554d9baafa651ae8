import { createECDH, type webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256, HpkeError } from '@hpke/core';
import { EnvelopeError } from './errors.js';
import { lengthPrefixed } from './length-prefixed.js';
import { pad, unpad } from './padding.js';
import { encodeHeader, type Place, stripHeader } from './sealed-header.js';
import { Secret } from './secret.js';

/**
 * HPKE (RFC 9180), base mode: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, from Node's own WebCrypto. X25519
 * would be a third faster, but Node 20.19 calls it experimental, with a warning at every start.
 */
export const suite = new CipherSuite({
  kem: new DhkemP256HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

declare global {
  // The types of @hpke/core name these; those of Node 20 have them under `webcrypto` only.
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
}

const ENCAPSULATED_BYTES = 65;
const TAG_BYTES = 16;

/** The vault's public key, ready for {@link sealToVault}. */
export interface VaultPublicKey {
  readonly id: string;
  readonly key: CryptoKey;
}

/** The vault's key pair, ready for {@link openInVault}. */
export interface VaultKeyPair {
  readonly id: string;
  /** 65 bytes (SEC 1, uncompressed), computed from the private half: compare it with what the ingestor is given. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly keys: CryptoKeyPair;
}

/**
 * A new key pair as bytes: 65 public ones (SEC 1, uncompressed), 32 private ones. Keep the private half wrapped
 * ({@link KeyContext} purpose `vault-key-pair`, no workspace) and zero this copy.
 */
export async function generateVaultKeyPair(): Promise<{
  publicKey: Uint8Array<ArrayBuffer>;
  privateKey: Secret<Uint8Array<ArrayBuffer>>;
}> {
  const { publicKey, privateKey } = await suite.kem.generateKeyPair();
  return {
    publicKey: new Uint8Array(await suite.kem.serializePublicKey(publicKey)),
    privateKey: new Secret(new Uint8Array(await suite.kem.serializePrivateKey(privateKey))),
  };
}

/**
 * @param id UUID of the key pair
 * @throws EnvelopeError `invalid_key` for what is no point of P-256, `invalid_id`
 */
export async function importVaultPublicKey(id: string, publicKey: Uint8Array): Promise<VaultPublicKey> {
  encodeHeader('hpke', id);
  return { id, key: await orInvalidKey(() => suite.kem.deserializePublicKey(publicKey)) };
}

/**
 * @param id UUID of the key pair
 * @throws EnvelopeError `invalid_key`, `invalid_id`
 */
export async function importVaultKeyPair(id: string, privateKey: Uint8Array): Promise<VaultKeyPair> {
  encodeHeader('hpke', id);
  return orInvalidKey(async () => {
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(privateKey);
    const publicKey = new Uint8Array(curve.getPublicKey());
    const keys = {
      publicKey: await suite.kem.deserializePublicKey(publicKey),
      privateKey: await suite.kem.deserializePrivateKey(privateKey),
    };
    return { id, publicKey, keys };
  });
}

/**
 * Seals one value, for one column of one row, to the vault: whoever seals cannot open.
 *
 * | offset | bytes | what |
 * | --- | --- | --- |
 * | 0 | 18 | header: version 1, algorithm 2, id of the key pair ({@link describeSealed}) |
 * | 18 | 65 | encapsulated key, fresh |
 * | 83 | 64 · n | ciphertext of the padded plaintext |
 * | 83 + 64 · n | 16 | tag |
 *
 * `info` is the header, associated data the workspace, table, row and column. Base mode does not say who sealed: that
 * the ingestor wrote the row is the database's word (its role is the only one with the grant).
 */
export async function sealToVault(
  recipient: VaultPublicKey,
  plaintext: string | Uint8Array,
  place: Place,
): Promise<Uint8Array<ArrayBuffer>> {
  const header = encodeHeader('hpke', recipient.id);
  const padded = pad(plaintext);
  try {
    const params = { recipientPublicKey: recipient.key, info: encodeInfo(header) };
    const { enc, ct } = await suite.seal(params, padded, encodePlace(place));
    return Buffer.concat([header, new Uint8Array(enc), new Uint8Array(ct)]);
  } finally {
    padded.fill(0);
  }
}

/**
 * Opens what was sealed to this key pair, where it was sealed.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `unknown_algorithm`, `wrong_key`, `not_authentic`
 */
export async function openInVault(
  keyPair: VaultKeyPair,
  sealed: Uint8Array,
  place: Place,
): Promise<Secret<Buffer<ArrayBuffer>>> {
  const header = encodeHeader('hpke', keyPair.id);
  const body = stripHeader(sealed, header);
  if (body.length < ENCAPSULATED_BYTES + TAG_BYTES) throw new EnvelopeError('truncated', 'no key and tag');
  const params = {
    recipientKey: keyPair.keys,
    enc: body.subarray(0, ENCAPSULATED_BYTES),
    info: encodeInfo(header),
  };
  try {
    const padded = await suite.open(params, body.subarray(ENCAPSULATED_BYTES), encodePlace(place));
    return new Secret(unpad(Buffer.from(padded)));
  } catch (error) {
    // No such point, no such shared secret, no such tag: which of them is nobody's business.
    if (!(error instanceof HpkeError)) throw error;
    throw new EnvelopeError('not_authentic', 'does not open: altered, moved, or sealed to another key');
  }
}

function encodeInfo(header: Uint8Array): Uint8Array {
  return lengthPrefixed('otpost sealed to vault', header);
}

function encodePlace({ workspaceId, table, rowId, column }: Place): Uint8Array {
  return lengthPrefixed(workspaceId, table, rowId, column);
}

async function orInvalidKey<T>(importKey: () => Promise<T>): Promise<T> {
  try {
    return await importKey();
  } catch {
    throw new EnvelopeError('invalid_key', 'not a key of P-256');
  }
}
