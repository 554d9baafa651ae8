import { OtpError } from './otp-error.js';
import { checkParameters, checkPeriod, toCounter, type OtpParameters } from './parameters.js';

/** An entry of an authenticator app: what an `otpauth://` URI or a migration QR code carries. */
export type OtpAccount = TotpAccount | HotpAccount;

interface AccountBase extends OtpParameters {
  /** The name of the account at the issuer, often an e-mail address. May be empty. */
  readonly label: string;
  readonly issuer: string | null;
}

export interface TotpAccount extends AccountBase {
  readonly type: 'totp';
  readonly periodSeconds: number;
}

export interface HotpAccount extends AccountBase {
  readonly type: 'hotp';
  /** The counter of the next code. */
  readonly counter: number;
}

/** @throws {OtpError} naming the first field out of its bounds */
export function checkAccount(account: OtpAccount): void {
  checkParameters(account);
  switch (account.type) {
    case 'totp':
      return checkPeriod(account.periodSeconds);
    case 'hotp':
      return void toCounter(account.counter);
    default:
      throw new OtpError('type_unsupported', 'type', 'the type must be totp or hotp');
  }
}

/**
 * Names as both formats carry them: `label` may begin with `issuer:`, and the issuer may also stand on its own.
 *
 * The issuer that stands on its own wins. A prefix equal to it (in any case) is dropped from the label; a different one
 * stays there, so that nothing is lost. Without it, whatever precedes the first colon is the issuer. Google
 * Authenticator reads them the same way.
 */
export function readNames(labelText: string, issuerText: string): Pick<OtpAccount, 'label' | 'issuer'> {
  const label = displayable(labelText);
  const issuer = displayable(issuerText);
  const prefixLength = issuer === '' ? label.indexOf(':') : issuer.length;
  const prefix = label.slice(0, Math.max(prefixLength, 0));
  const prefixed =
    label.charAt(prefixLength) === ':' && (issuer === '' || prefix.toLowerCase() === issuer.toLowerCase());
  return {
    label: prefixed ? label.slice(prefixLength + 1).trim() : label,
    issuer: issuer || (prefixed && prefix.trim()) || null,
  };
}

/** The inverse of `readNames`: the label with its prefix. A colon with nothing before it says 'no issuer'. */
export function writeLabel({ label, issuer }: Pick<OtpAccount, 'label' | 'issuer'>): string {
  return issuer === null && !label.includes(':') ? label : `${issuer ?? ''}:${label}`;
}

/** Without what no database or screen can take: control characters (NUL among them) and halves of surrogate pairs. */
export function displayable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '').trim();
}
