/**
 * One-time codes, and every form in which their secrets arrive. Pure functions over bytes and text: no clock, no state,
 * nothing written anywhere. Everything thrown is an `OtpError`, and no message holds any part of a secret.
 */
export { generateTotp, timeStep, type TimeStep, type TotpCode } from './totp.js';
export { generateHotp, resynchronise } from './hotp.js';
export { decodeSecret, encodeSecret, generateSecret } from './secret-text.js';
export { buildOtpauthUri, parseOtpauthUri, parseSecretOrUri } from './otpauth-uri.js';
export {
  buildMigrationUri,
  mergeMigrationParts,
  parseMigrationUri,
  type Migration,
  type MigrationBatch,
  type MigrationPart,
  type UnsupportedEntry,
} from './migration.js';
export type { HotpAccount, OtpAccount, TotpAccount } from './account.js';
export { OTP_DEFAULTS, OTP_LIMITS, parseAlgorithm, type OtpAlgorithm, type OtpParameters } from './parameters.js';
export { OtpError, type OtpErrorCode, type OtpField } from './otp-error.js';
