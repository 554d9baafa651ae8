import { randomBytes } from 'node:crypto';

/** Crockford's base 32: no letters that are taken for digits, so that an address survives being typed. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 18;

/** The local part of an inbox's address: 90 random bits, so that nobody finds one by trying. */
export function generateLocalPart(): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}
