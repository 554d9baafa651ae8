import type { Secret } from '@otpost/envelope';
import { equalInConstantTime } from '@otpost/envelope';
import { generateTotp, OTP_DEFAULTS, timeStep } from '@otpost/otp';

const { algorithm, digits, periodSeconds } = OTP_DEFAULTS;

/**
 * The time step whose code this is: the present one, or the one before or after, for clocks that are off (RFC 6238, section 5.2). All
 * three are compared, whichever it is.
 *
 * @param seed of the authenticator, 6 digits, 30 s, SHA-1
 * @returns null: none of them
 */
export function acceptedTimeStep(seed: Uint8Array, code: Secret, nowMs: number): number | null {
  const given = Buffer.from(code.reveal().replaceAll(/[\s-]/g, ''));
  const { validFromMs } = timeStep({ periodSeconds, atMs: nowMs });
  let accepted: number | null = null;
  for (const offset of [-1, 0, 1]) {
    const atMs = validFromMs + offset * periodSeconds * 1_000;
    const made = generateTotp({ secret: seed, algorithm, digits, periodSeconds, atMs });
    if (equalInConstantTime(Buffer.from(made.code), given)) accepted = made.step;
  }
  return accepted;
}
