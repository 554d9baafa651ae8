import { createECDH, ECDH } from 'node:crypto';
import { EnvelopeError } from './errors.js';
import { CURVE, type HpkeContext, hpkeOpen, hpkeSeal, PUBLIC_KEY_BYTES } from './hpke.js';
import { lengthPrefixed } from './length-prefixed.js';
import { pad, unpad } from './padding.js';
import { encodeHeader, type Place, stripHeader } from './sealed-header.js';
import { Secret } from './secret.js';

const PRIVATE_KEY_BYTES = 32;

/** The vault's public key, checked, for {@link sealToVault}. */
export interface VaultPublicKey {
  readonly id: string;
  /** 65 bytes: a point of P-256, uncompressed (SEC 1). */
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

/** The vault's key pair, for {@link openInVault}. */
export interface VaultKeyPair extends VaultPublicKey {
  readonly privateHalf: ECDH;
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
 * HPKE (RFC 9180) in base mode. `info` is the header, associated data the workspace, table, row and column. Base mode
 * does not prove who sealed: anyone with the public key and write access to the table can.
 */
export function sealToVault(
  recipient: VaultPublicKey,
  plaintext: string | Uint8Array,
  place: Place,
): Uint8Array<ArrayBuffer> {
  const header = encodeHeader('hpke', recipient.id);
  const padded = pad(plaintext);
  try {
    return Buffer.concat([header, hpkeSeal(recipient.publicKey, padded, hpkeContext(header, place))]);
  } finally {
    padded.fill(0);
  }
}

/**
 * Opens what was sealed to this key pair, where it was sealed.
 *
 * @throws EnvelopeError `truncated`, `unknown_version`, `unknown_algorithm`, `wrong_key`, `not_authentic`
 */
export function openInVault(keyPair: VaultKeyPair, sealed: Uint8Array, place: Place): Secret<Buffer<ArrayBuffer>> {
  const header = encodeHeader('hpke', keyPair.id);
  const padded = hpkeOpen(keyPair.privateHalf, stripHeader(sealed, header), hpkeContext(header, place));
  return new Secret(unpad(padded));
}

/**
 * A new key pair as bytes: 65 public ones, 32 private ones. Keep the private half wrapped ({@link KeyContext} purpose
 * `vault-key-pair`, no workspace), and zero this copy.
 */
export function generateVaultKeyPair(): {
  publicKey: Uint8Array<ArrayBuffer>;
  privateKey: Secret<Uint8Array<ArrayBuffer>>;
} {
  const curve = createECDH(CURVE);
  const publicKey = new Uint8Array(curve.generateKeys());
  const scalar = curve.getPrivateKey();
  const privateKey = new Uint8Array(PRIVATE_KEY_BYTES);
  // OpenSSL leaves out leading zeros.
  privateKey.set(scalar, PRIVATE_KEY_BYTES - scalar.length);
  scalar.fill(0);
  return { publicKey, privateKey: new Secret(privateKey) };
}

/**
 * @param id UUID of the key pair
 * @param publicKey 65 bytes
 * @throws EnvelopeError `invalid_key` for what is no point of P-256, `invalid_id`
 */
export function importVaultPublicKey(id: string, publicKey: Uint8Array): VaultPublicKey {
  encodeHeader('hpke', id);
  return orInvalidKey(() => {
    if (publicKey.length !== PUBLIC_KEY_BYTES) throw new Error('compressed, or no key');
    return { id, publicKey: new Uint8Array(ECDH.convertKey(publicKey, CURVE) as Buffer) };
  });
}

/**
 * The public half is computed: compare it with the row's, lest the ingestor be given somebody else's.
 *
 * @param id UUID of the key pair
 * @param privateKey 32 bytes; not kept, zero them
 * @throws EnvelopeError `invalid_key`, `invalid_id`
 */
export function importVaultKeyPair(id: string, privateKey: Uint8Array): VaultKeyPair {
  encodeHeader('hpke', id);
  return orInvalidKey(() => {
    if (privateKey.length !== PRIVATE_KEY_BYTES) throw new Error('no key');
    const privateHalf = createECDH(CURVE);
    privateHalf.setPrivateKey(privateKey);
    return { id, publicKey: new Uint8Array(privateHalf.getPublicKey()), privateHalf };
  });
}

function hpkeContext(header: Uint8Array, { workspaceId, table, rowId, column }: Place): HpkeContext {
  return {
    info: lengthPrefixed('otpost sealed to vault', header),
    associatedData: lengthPrefixed(workspaceId, table, rowId, column),
  };
}

function orInvalidKey<T>(importKey: () => T): T {
  try {
    return importKey();
  } catch {
    throw new EnvelopeError('invalid_key', 'not a key of P-256');
  }
}
