import { randomBytes } from 'node:crypto';
import { OtpError } from './otp-error.js';
import { checkSecretLength, OTP_LIMITS } from './parameters.js';

/**
 * Decodes a base32 secret (RFC 4648 section 6) the way sites hand it out and Google Authenticator takes it: either case,
 * with or without padding, spaces, dashes and the invisible characters that copying brings along ignored.
 *
 * Deliberately, as in Google Authenticator:
 * - any number of characters is taken, and bits that do not fill a byte are dropped whatever their value;
 * - 0, 1 and 8 are refused. Some readers take them for O, I (or L) and B; where they disagree, a guess makes wrong codes.
 *
 * @throws {OtpError} `secret_missing`, `secret_not_base32`, `secret_too_short`, `secret_too_long`; never with its content
 */
export function decodeSecret(text: string): Uint8Array {
  if (text.length > MAX_TEXT_LENGTH) throw new OtpError('secret_too_long', 'secret', 'the secret is too long');
  const compact = text.replace(SEPARATORS, '');
  const paddingAt = compact.indexOf('=');
  const symbols = paddingAt === -1 ? compact : compact.slice(0, paddingAt);
  if (paddingAt !== -1 && !/^=+$/.test(compact.slice(paddingAt))) throw notBase32();

  const secret = new Uint8Array(Math.floor((symbols.length * 5) / 8));
  let pending = 0;
  let pendingBits = 0;
  let length = 0;
  for (const symbol of symbols) {
    const value = VALUES.get(symbol);
    if (value === undefined) throw notBase32();
    pending = ((pending << 5) | value) & 0xfff;
    pendingBits += 5;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      secret[length++] = pending >>> pendingBits;
    }
  }
  if (symbols.length > 0 && length === 0) checkSecretLength(1);
  checkSecretLength(length);
  return secret;
}

/** The base32 of a secret: upper case, no padding, no spaces. Every authenticator app takes this form. */
export function encodeSecret(secret: Uint8Array): string {
  let text = '';
  let pending = 0;
  let pendingBits = 0;
  for (const byte of secret) {
    pending = ((pending << 8) | byte) & 0xfff;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += ALPHABET.charAt((pending >>> pendingBits) & 31);
    }
  }
  return pendingBits === 0 ? text : text + ALPHABET.charAt((pending << (5 - pendingBits)) & 31);
}

/** A new secret of 160 random bits, as RFC 4226 section 4 (R6) recommends. */
export function generateSecret(): Uint8Array {
  return new Uint8Array(randomBytes(20));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Both cases by name: `toUpperCase` would let the Turkish dotless i and the long s pass for I and S. */
const VALUES = new Map([...ALPHABET].flatMap((symbol, value) => [symbol, symbol.toLowerCase()].map((s) => [s, value])));

/** White space, every kind of dash, and soft hyphens, zero-width characters and direction marks. */
const SEPARATORS = /[\s\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff-]/g;

/** The longest secret in groups of one, with room to spare. */
const MAX_TEXT_LENGTH = OTP_LIMITS.maxSecretBytes * 8;

function notBase32(): OtpError {
  return new OtpError('secret_not_base32', 'secret', 'the secret is not base32 (letters A to Z and digits 2 to 7)');
}
