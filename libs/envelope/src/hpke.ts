import { createECDH, createHmac, type ECDH } from 'node:crypto';
import { decryptOnce, encryptOnce } from './aes-256-gcm.js';
import { EnvelopeError } from './errors.js';

/**
 * HPKE (RFC 9180), base mode, single-shot (section 6.1), with the one suite that otpost uses: DHKEM(P-256,
 * HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Steps and names are the RFC's; the primitives are OpenSSL's.
 *
 * By hand, since each call of the WebCrypto that HPKE libraries are built on goes through a thread: that costs six
 * times the processor time, and two values are sealed and opened for every inbound message. The spec beside it holds
 * it to the published vector, and to @hpke/core in both directions.
 */
const KEM_ID = 0x0010;
const KDF_ID = 0x0001;
const AEAD_ID = 0x0002;
const KEM_SUITE = Buffer.concat([Buffer.from('KEM'), u16(KEM_ID)]);
const HPKE_SUITE = Buffer.concat([Buffer.from('HPKE'), u16(KEM_ID), u16(KDF_ID), u16(AEAD_ID)]);
const MODE_BASE = Uint8Array.of(0);
const EMPTY = new Uint8Array(0);
const AEAD_KEY_BYTES = 32;
const AEAD_NONCE_BYTES = 12;
const SHARED_SECRET_BYTES = 32;
const PSK_ID_HASH = labeledExtract(HPKE_SUITE, EMPTY, 'psk_id_hash', EMPTY);

export const CURVE = 'prime256v1';

/** Bytes of a public key, and so of an encapsulated one: a point of P-256, uncompressed (SEC 1). */
export const PUBLIC_KEY_BYTES = 65;

/** What is authenticated with the plaintext. */
export interface HpkeContext {
  info: Uint8Array;
  associatedData: Uint8Array;
}

/**
 * Encapsulated key (65 bytes), ciphertext, tag.
 *
 * @param publicKey a valid point: see `importVaultPublicKey`
 * @param ephemeral for the RFC's vectors only; a key pair used twice reveals both plaintexts
 */
export function hpkeSeal(
  publicKey: Uint8Array,
  plaintext: Uint8Array,
  { info, associatedData }: HpkeContext,
  ephemeral: ECDH = newEphemeral(),
): Buffer<ArrayBuffer> {
  const encapsulated = ephemeral.getPublicKey();
  const sharedSecret = extractAndExpand(ephemeral.computeSecret(publicKey), encapsulated, publicKey);
  const { key, nonce } = keySchedule(sharedSecret, info);
  return Buffer.concat([encapsulated, encryptOnce(key, nonce, plaintext, associatedData)]);
}

/**
 * The inverse of {@link hpkeSeal}.
 *
 * @throws EnvelopeError `truncated`, `not_authentic`
 */
export function hpkeOpen(
  recipient: ECDH,
  sealed: Uint8Array,
  { info, associatedData }: HpkeContext,
): Buffer<ArrayBuffer> {
  if (sealed.length < PUBLIC_KEY_BYTES) throw new EnvelopeError('truncated', 'no room for an encapsulated key');
  const encapsulated = sealed.subarray(0, PUBLIC_KEY_BYTES);
  let diffieHellman: Buffer;
  try {
    diffieHellman = recipient.computeSecret(encapsulated);
  } catch {
    throw new EnvelopeError('not_authentic', 'the encapsulated key is no point of the curve');
  }
  const sharedSecret = extractAndExpand(diffieHellman, encapsulated, recipient.getPublicKey());
  const { key, nonce } = keySchedule(sharedSecret, info);
  return decryptOnce(key, nonce, sealed.subarray(PUBLIC_KEY_BYTES), associatedData);
}

function newEphemeral(): ECDH {
  const ephemeral = createECDH(CURVE);
  ephemeral.generateKeys();
  return ephemeral;
}

/** Section 4.1, `ExtractAndExpand` over the KEM context. */
function extractAndExpand(diffieHellman: Uint8Array, encapsulated: Uint8Array, publicKey: Uint8Array): Buffer {
  const pseudorandomKey = labeledExtract(KEM_SUITE, EMPTY, 'eae_prk', diffieHellman);
  const kemContext = Buffer.concat([encapsulated, publicKey]);
  return labeledExpand(KEM_SUITE, pseudorandomKey, 'shared_secret', kemContext, SHARED_SECRET_BYTES);
}

/** Section 5.1, `KeySchedule` in base mode, without the parts that single-shot use has no need of. */
function keySchedule(sharedSecret: Uint8Array, info: Uint8Array): { key: Buffer; nonce: Buffer } {
  const infoHash = labeledExtract(HPKE_SUITE, EMPTY, 'info_hash', info);
  const context = Buffer.concat([MODE_BASE, PSK_ID_HASH, infoHash]);
  const secret = labeledExtract(HPKE_SUITE, sharedSecret, 'secret', EMPTY);
  return {
    key: labeledExpand(HPKE_SUITE, secret, 'key', context, AEAD_KEY_BYTES),
    nonce: labeledExpand(HPKE_SUITE, secret, 'base_nonce', context, AEAD_NONCE_BYTES),
  };
}

/** Section 4, `LabeledExtract`. */
function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, input: Uint8Array): Buffer {
  return createHmac('sha256', salt).update('HPKE-v1').update(suite).update(label).update(input).digest();
}

/** Section 4, `LabeledExpand`, for lengths up to one block of HKDF: 32 bytes. */
function labeledExpand(suite: Uint8Array, key: Uint8Array, label: string, info: Uint8Array, length: number): Buffer {
  const hmac = createHmac('sha256', key).update(u16(length)).update('HPKE-v1').update(suite).update(label).update(info);
  return hmac.update(Uint8Array.of(1)).digest().subarray(0, length);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
