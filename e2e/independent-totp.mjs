// @ts-check
import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** @typedef {{ secret: string, algorithm?: string, digits?: number, period?: number }} Otp `secret` in base32 */

/**
 * RFC 6238, written apart from the product's: what its codes are compared with.
 * @param {Otp} otp
 * @param {number} atMs
 */
export function totpAt({ secret, algorithm = 'sha1', digits = 6, period = 30 }, atMs) {
  return hotpAt({ secret, algorithm, digits }, Math.floor(atMs / 1_000 / period));
}

/**
 * RFC 4226.
 * @param {Otp} otp
 * @param {number} counter
 */
export function hotpAt({ secret, algorithm = 'sha1', digits = 6 }, counter) {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(algorithm, base32(secret)).update(moving).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0');
}

/**
 * The codes that are right between two instants: a request may fall on either side of a step.
 * @param {Otp} otp
 * @param {number} fromMs
 * @param {number} untilMs
 */
export function totpBetween(otp, fromMs, untilMs) {
  return [...new Set([totpAt(otp, fromMs), totpAt(otp, untilMs)])];
}

/** @param {string} text */
function base32(text) {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
}
