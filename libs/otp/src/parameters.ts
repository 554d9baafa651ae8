import { OtpError } from './otp-error.js';

/** The hash under the HMAC: RFC 4226 knows SHA-1 only, RFC 6238 section 1.2 adds the other two. */
export type OtpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** What TOTP and HOTP have in common. */
export interface OtpParameters {
  /** The shared secret, 5 to 512 bytes. It stays the caller's: it is neither kept nor changed here. */
  readonly secret: Uint8Array;
  readonly algorithm: OtpAlgorithm;
  /** Length of a code, 4 to 10. */
  readonly digits: number;
}

/** What a site means when it does not say, in a URI as in a bare secret. */
export const OTP_DEFAULTS = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;

/**
 * The bounds inside this library; an API may be stricter.
 *
 * RFC 4226 section 4 (R6) asks for 16 bytes of secret and otplib enforces it, but sites hand out 10 and even 5. We are
 * the authenticator, not the site: to refuse a weak secret helps nobody, so 5 it is. The upper bounds keep hostile input
 * cheap, a period within 68 years keeps times in milliseconds exact, and a counter stays a safe integer.
 */
export const OTP_LIMITS = {
  minSecretBytes: 5,
  maxSecretBytes: 512,
  minDigits: 4,
  maxDigits: 10,
  maxPeriodSeconds: 2 ** 31 - 1,
  maxCounter: Number.MAX_SAFE_INTEGER,
} as const;

const ALGORITHMS = new Set<string>(['SHA1', 'SHA256', 'SHA512'] satisfies OtpAlgorithm[]);

/**
 * Reads the names that sites and libraries give the three algorithms: `SHA1`, `sha-256`, `HmacSHA512`, `HMAC_SHA_1`.
 * @throws {OtpError} `algorithm_unsupported` for any other, MD5 included
 */
export function parseAlgorithm(text: string): OtpAlgorithm {
  const name = text
    .toUpperCase()
    .replace(/[-_\s]/g, '')
    .replace(/^HMAC/, '');
  if (!isAlgorithm(name)) throw unsupportedAlgorithm();
  return name;
}

/** @throws {OtpError} naming the first parameter out of its bounds (`OTP_LIMITS`) */
export function checkParameters({ secret, algorithm, digits }: OtpParameters): void {
  checkSecretLength(secret.length);
  if (!isAlgorithm(algorithm)) throw unsupportedAlgorithm();
  if (!Number.isInteger(digits) || digits < OTP_LIMITS.minDigits || digits > OTP_LIMITS.maxDigits) {
    throw new OtpError(
      'digits_out_of_range',
      'digits',
      `digits must be ${OTP_LIMITS.minDigits} to ${OTP_LIMITS.maxDigits}`,
    );
  }
}

/** @throws {OtpError} `secret_missing`, `secret_too_short` or `secret_too_long` */
export function checkSecretLength(bytes: number): void {
  const { minSecretBytes, maxSecretBytes } = OTP_LIMITS;
  if (bytes === 0) throw new OtpError('secret_missing', 'secret', 'the secret is empty');
  if (bytes < minSecretBytes) {
    throw new OtpError('secret_too_short', 'secret', `the secret is shorter than ${minSecretBytes} bytes`);
  }
  if (bytes > maxSecretBytes) {
    throw new OtpError('secret_too_long', 'secret', `the secret is longer than ${maxSecretBytes} bytes`);
  }
}

/** @throws {OtpError} `period_out_of_range` */
export function checkPeriod(periodSeconds: number): void {
  if (!Number.isInteger(periodSeconds) || periodSeconds < 1 || periodSeconds > OTP_LIMITS.maxPeriodSeconds) {
    throw new OtpError('period_out_of_range', 'period', 'the period must be a positive whole number of seconds');
  }
}

/**
 * Takes a counter as a database hands it over.
 * @throws {OtpError} `counter_out_of_range` unless it is a whole number of 0 to 2^53 - 1
 */
export function toCounter(counter: number | bigint): number {
  const value = Number(counter);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new OtpError('counter_out_of_range', 'counter', 'the counter must be a whole number of 0 to 2^53 - 1');
  }
  return value;
}

function isAlgorithm(name: string): name is OtpAlgorithm {
  return ALGORITHMS.has(name);
}

function unsupportedAlgorithm(): OtpError {
  return new OtpError('algorithm_unsupported', 'algorithm', 'the algorithm must be SHA1, SHA256 or SHA512');
}
