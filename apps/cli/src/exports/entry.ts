import type { Secret } from '@otpost/envelope';
import { encodeSecret, OtpError, parseOtpauthUri, type OtpAccount } from '@otpost/otp';

/**
 * One authenticator of an export, one login without any, or why it cannot be taken over. Names are fit to be shown, secrets are
 * not. `login` is absent where the app knows of no logins.
 */
export type Entry =
  | { name: string; account: OtpAccount; login?: ExportedLogin }
  | { name: string; login: ExportedLogin }
  | { name: string; problem: string };

/** What a password manager writes down beside an authenticator. */
export interface ExportedLogin {
  /** As it stands there: a URL or a host. */
  site: string | null;
  userName: string | null;
  password: Secret | null;
}

/** What an authenticator app writes down of an account; absent is the app's default. */
export interface AccountFields {
  type?: string | null | undefined;
  label?: string | null | undefined;
  issuer?: string | null | undefined;
  secret: string;
  algorithm?: string | null | undefined;
  digits?: number | null | undefined;
  period?: number | null | undefined;
  counter?: number | null | undefined;
}

/** By way of the one reader that knows every rule for these values. */
export function entryOf({ type, label, issuer, secret, algorithm, digits, period, counter }: AccountFields): Entry {
  const parameters = new URLSearchParams({ secret });
  const optional = { issuer, algorithm, digits, period, counter };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== null && value !== undefined) parameters.set(name, String(value));
  }
  // A colon before the label: what follows is all label.
  const path = encodeURIComponent(`${issuer ?? ''}:${label ?? ''}`);
  return entryOfUri(
    `otpauth://${(type ?? 'totp').toLowerCase()}/${path}?${parameters.toString()}`,
    label ?? issuer ?? '',
  );
}

/** @param fallback what to call it where the URI does not say */
export function entryOfUri(uri: string, fallback: string): Entry {
  try {
    const account = parseOtpauthUri(uri);
    const named =
      account.label === '' && account.issuer === null ? { ...account, label: displayable(fallback) } : account;
    return { name: nameOf(named), account: named };
  } catch (error) {
    if (!(error instanceof OtpError)) throw error;
    return { name: displayable(fallback) || 'unnamed', problem: error.message };
  }
}

/** What people and password managers keep in a field for it: a URI, or the bare secret. */
export function entryOfText(text: string, names: { label: string; issuer: string }): Entry {
  const name = [names.issuer, names.label].filter((part) => part !== '').join(': ');
  if (/^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    if (/^\s*otpauth:/i.test(text)) return entryOfUri(text, name);
    return { name: displayable(name) || 'unnamed', problem: 'only TOTP and HOTP can be taken over' };
  }
  return entryOf({ ...names, issuer: names.issuer || null, secret: text });
}

export function nameOf({ label, issuer }: Pick<OtpAccount, 'label' | 'issuer'>): string {
  return [issuer, label].filter((part) => part !== null && part !== '').join(': ') || 'unnamed';
}

/** Equal for what makes the same codes. Holds the secret: not to be shown. */
export function identityOf(account: OtpAccount): string {
  const moving = account.type === 'totp' ? account.periodSeconds : account.counter;
  return [account.type, encodeSecret(account.secret), account.algorithm, account.digits, moving].join(' ');
}

export function displayable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, '').trim();
}
