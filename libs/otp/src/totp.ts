import { generateHotp } from './hotp.js';
import { OtpError } from './otp-error.js';
import { checkPeriod, type OtpParameters } from './parameters.js';

/** One window of a TOTP secret: the moments `validFromMs <= t < validUntilMs`. */
export interface TimeStep {
  /** Number of the step since the Unix epoch: the T of RFC 6238 section 4.2. */
  readonly step: number;
  /** Milliseconds since the Unix epoch. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** Whole seconds left, rounded up: 1 to the period, never 0. */
  readonly expiresInSeconds: number;
}

export interface TotpCode extends TimeStep {
  readonly code: string;
}

/**
 * The TOTP code of the moment `atMs` (RFC 6238 section 4). `atMs` is the only clock read: code, step and expiry belong
 * together, so a step that ends while the caller is at work shows in `validUntilMs`. For the code of a later step, pass
 * its `validFromMs`.
 *
 * @param options.atMs milliseconds since the Unix epoch
 * @throws {OtpError} naming the parameter out of its bounds
 */
export function generateTotp(
  options: OtpParameters & { readonly periodSeconds: number; readonly atMs: number },
): TotpCode {
  const { secret, algorithm, digits } = options;
  const window = timeStep(options);
  return { code: generateHotp({ secret, algorithm, digits, counter: window.step }), ...window };
}

/**
 * The step that the moment `atMs` (milliseconds since the Unix epoch) falls into, counted from the epoch (T0 = 0).
 * @throws {OtpError} `period_out_of_range`; `time_out_of_range` for a moment before the epoch or beyond what a Date holds
 */
export function timeStep({ periodSeconds, atMs }: { readonly periodSeconds: number; readonly atMs: number }): TimeStep {
  checkPeriod(periodSeconds);
  if (!(atMs >= 0 && atMs <= LATEST_MS)) {
    throw new OtpError('time_out_of_range', 'time', 'the time must be milliseconds since the Unix epoch');
  }
  const periodMs = periodSeconds * 1000;
  // A remainder is exact where a quotient may round up into a step that has not begun.
  const elapsedMs = atMs % periodMs;
  const validFromMs = Math.floor(atMs) - Math.floor(elapsedMs);
  return {
    step: validFromMs / periodMs,
    validFromMs,
    validUntilMs: validFromMs + periodMs,
    expiresInSeconds: Math.ceil((periodMs - elapsedMs) / 1000),
  };
}

/** The last moment of ECMAScript time (section 21.4.1.1); sums with a period stay exact below it. */
const LATEST_MS = 8.64e15;
