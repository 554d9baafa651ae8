import { fieldError, type TfaMethod } from '@otpost/contracts';
import type { OtpAccount } from '@otpost/otp';

/** How an entry passes its second factor. There is an account exactly when the method is AUTHENTICATOR. */
export interface SecondFactor {
  method: TfaMethod | null;
  account: OtpAccount | null;
}

/** What a request says of it; undefined: nothing. */
export interface SecondFactorChange {
  method: TfaMethod | null | undefined;
  account: OtpAccount | null | undefined;
}

/**
 * The second factor after a change. A secret that is sent back as it is stored is no change: a client may put back a whole entry with
 * only `tfa_method` altered, and means that. A new secret with no method, sent or stored, makes the entry an AUTHENTICATOR one, as
 * the clients do that know only `tfa_secret`.
 *
 * @throws AppError `validation_failed` naming `tfa_secret`: missing for AUTHENTICATOR, or a new one for another method
 */
export function settleSecondFactor(stored: SecondFactor, change: SecondFactorChange): SecondFactor {
  const account = change.account == null ? change.account : neverBackwards(stored.account, change.account);
  const method = change.method === undefined ? stored.method : change.method;
  if (account != null && !isSameAccount(stored.account, account)) {
    if (method === 'AUTHENTICATOR' || (method === null && stored.method === null))
      return { method: 'AUTHENTICATOR', account };
    throw fieldError('tfa_secret', 'goes with tfa_method AUTHENTICATOR only');
  }
  if (method !== 'AUTHENTICATOR') return { method, account: null };
  const kept = account === undefined ? stored.account : account;
  if (kept === null) throw fieldError('tfa_secret', 'required for tfa_method AUTHENTICATOR');
  return { method, account: kept };
}

export function isSameAccount(one: OtpAccount | null, other: OtpAccount | null): boolean {
  if (one === null || other === null) return one === other;
  const { secret: oneSecret, ...oneRest } = one;
  const { secret: otherSecret, ...otherRest } = other;
  return (
    isSameSeed(oneSecret, otherSecret) &&
    Object.entries(oneRest).every(([key, value]) => Reflect.get(otherRest, key) === value)
  );
}

/** A HOTP secret that is put back carries the counter it was read with. Codes handed out since must not be handed out again. */
function neverBackwards(stored: OtpAccount | null, given: OtpAccount): OtpAccount {
  if (stored?.type !== 'hotp' || given.type !== 'hotp' || !isSameSeed(stored.secret, given.secret)) return given;
  return { ...given, counter: Math.max(stored.counter, given.counter) };
}

function isSameSeed(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
