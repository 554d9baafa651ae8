import { AppError, fieldError, type describeFactors, type NewChallenge, type ResponseOf } from '@otpost/contracts';
import type { Factor } from '@otpost/database';

export type Described = ResponseOf<typeof describeFactors>;

const factorOfMethod = {
  AUTHENTICATOR: 'authenticator',
  EMAIL: 'email',
  SMS: 'sms',
  MAGIC_LINK: 'magic_link',
} as const;

/**
 * The factors of a challenge, in the order to try them: those asked for, as far as the target can have them; by default its own, then a
 * human. E-mail, SMS and link may come for every credential, since its inbox and number can be made at any time.
 *
 * @throws AppError `no_second_factor` when nothing is left; `validation_failed` for a validity that no code of the target has
 */
export function factorLadder(
  wish: Pick<NewChallenge, 'factors' | 'min_validity_seconds'>,
  target: Described,
): Factor[] {
  const own: Factor[] =
    target.otp_secret !== null
      ? ['authenticator']
      : target.tfa_method === null
        ? []
        : [factorOfMethod[target.tfa_method]];
  const wanted: Factor[] = wish.factors ?? [...own, 'user'];
  const factors = [...new Set(wanted)].filter((factor) => canHave(target, factor));
  if (factors.length === 0) {
    throw new AppError('no_second_factor', `this target has none of the factors ${wanted.join(', ')}`);
  }
  const period = target.otp_secret?.period;
  if (factors.includes('authenticator') && period != null && (wish.min_validity_seconds ?? 0) >= period) {
    throw fieldError('min_validity_seconds', `must be less than the period, ${period} s`);
  }
  return factors;
}

/** A human is asked when a challenge opens, unless its authenticator answers anyway. */
export function asksHuman(factors: readonly Factor[]): boolean {
  return factors.includes('user') && !factors.includes('authenticator');
}

function canHave(target: Described, factor: Factor): boolean {
  if (factor === 'user') return true;
  return factor === 'authenticator' ? target.otp_secret !== null : target.credential_id !== null;
}
