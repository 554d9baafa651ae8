import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export interface Otp {
  secret: string;
  algorithm?: string;
  digits?: number;
  period?: number;
}

/** RFC 6238, written apart from the product's: what its codes are compared with. */
export function totpAt({ secret, algorithm = 'sha1', digits = 6, period = 30 }: Otp, atMs: number): string {
  return hotpAt({ secret, algorithm, digits }, Math.floor(atMs / 1_000 / period));
}

/** RFC 4226. */
export function hotpAt({ secret, algorithm = 'sha1', digits = 6 }: Otp, counter: number): string {
  const moving = Buffer.alloc(8);
  moving.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac(algorithm, base32(secret)).update(moving).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fff_ffff) % 10 ** digits).padStart(digits, '0');
}

/** The codes that are right between two instants: a request may fall on either side of a step. */
export function totpBetween(otp: Otp, fromMs: number, untilMs: number): string[] {
  return [...new Set([totpAt(otp, fromMs), totpAt(otp, untilMs)])];
}

function base32(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
}
