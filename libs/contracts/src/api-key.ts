import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Secret } from '@otpost/envelope';

/**
 * `otp_<env>_<key id>_<secret><checksum>`: a prefix that secret scanners find, 256 random bits in base64url, and a CRC-32 in hex so
 * that a mistyped or cut key is refused before any look-up. Only a SHA-256 of the secret part is ever stored: with 256 bits of
 * entropy there is nothing to guess, so a slow hash would only slow the clients.
 */
export interface ApiKey {
  /** Also `api_key.id`. */
  id: string;
  env: string;
  /** The part that proves the holder: 43 base64url characters and the checksum. */
  secret: Secret;
}

const secretBytes = 32;
const keyIdAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const keyIdLength = 20;
const fullKey = /^otp_([a-z0-9]+)_([a-z0-9]+)_([A-Za-z0-9_-]{43}[0-9a-f]{8})$/;
const secretPart = /^[A-Za-z0-9_-]{43}[0-9a-f]{8}$/;

/** Makes a new key; `text` is the whole of it, for its owner's eyes once. */
export function makeApiKey(env: string): ApiKey & { text: Secret } {
  const id = randomText(keyIdLength);
  const random = randomBytes(secretBytes).toString('base64url');
  const head = `otp_${env}_${id}_`;
  const secret = random + checksum(head + random);
  return { id, env, secret: new Secret(secret), text: new Secret(head + secret) };
}

/** Parses a whole key and checks its checksum; null for anything else. Tells nothing about whether the key exists. */
export function parseApiKey(text: string): ApiKey | null {
  const match = text.length <= 256 ? fullKey.exec(text) : null;
  if (match === null) return null;
  const [, env = '', id = '', secret = ''] = match;
  const random = secret.slice(0, 43);
  if (checksum(`otp_${env}_${id}_${random}`) !== secret.slice(43)) return null;
  return { id, env, secret: new Secret(secret) };
}

/** Whether a text has the form of a key's secret part, as Sendblue-compatible clients send it beside the id. */
export function isApiKeySecret(text: string): boolean {
  return secretPart.test(text);
}

/** What is stored of a key: SHA-256 of its secret part, 32 bytes. */
export function hashApiKeySecret(secret: Secret): Uint8Array {
  return createHash('sha256').update(secret.reveal()).digest();
}

/** Compares in constant time. */
export function apiKeySecretMatches(secret: Secret, hash: Uint8Array): boolean {
  const presented = hashApiKeySecret(secret);
  return presented.length === hash.length && timingSafeEqual(presented, hash);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function randomText(length: number): string {
  // 252 is the greatest multiple of 36 below 256: larger bytes would favour the first letters.
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 252 && text.length < length) text += keyIdAlphabet[byte % keyIdAlphabet.length];
    }
  }
  return text;
}
