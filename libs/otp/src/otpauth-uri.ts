import { checkAccount, displayable, readNames, writeLabel, type OtpAccount } from './account.js';
import { OtpError, type OtpErrorCode, type OtpField } from './otp-error.js';
import { OTP_DEFAULTS, parseAlgorithm } from './parameters.js';
import { decodeSecret, encodeSecret } from './secret-text.js';

/**
 * Reads an `otpauth://totp/...` or `otpauth://hotp/...` URI. The format has no RFC: it is Google's 'Key URI Format', read
 * here as generously as the apps read it, but never by guessing at a code.
 *
 * - Scheme, type and parameter names in any case; `secret` as `decodeSecret` takes it; `algorithm` as `parseAlgorithm`.
 * - Absent or empty: SHA1, 6 digits, 30 s, counter 0. Period and counter of the other type are ignored.
 * - Issuer: the parameter before the label's prefix, see `readNames`.
 * - Percent-encoding is UTF-8. `+` is a space in parameters (as forms write them), a plus in the label (as in addresses).
 * - `#` is an ordinary character: the format has no fragments, and sites put `Site #1` there unencoded. `&amp;` is an
 *   ampersand, as copied from a page's source.
 * - Unknown parameters (`image`, ...) are ignored. `encoder`, under which some apps keep Steam's codes, is refused: the
 *   codes would be wrong. So is a known parameter given twice with different values, since readers disagree on which counts.
 *
 * @throws {OtpError} `uri_malformed`, `uri_too_long`, `uri_parameter_repeated`, `type_unsupported`, or that of the parameter
 */
export function parseOtpauthUri(uri: string): OtpAccount {
  const { authority: type, path, query } = splitUri(uri, 'otpauth', MAX_URI_LENGTH);
  const parameters = readParameters(query);
  if ((type !== 'totp' && type !== 'hotp') || parameters.encoder) {
    throw new OtpError('type_unsupported', 'type', 'the type must be totp or hotp');
  }
  const common = {
    ...readNames(percentDecode(path, 'label'), parameters.issuer),
    secret: decodeSecret(parameters.secret),
    algorithm: parameters.algorithm === '' ? OTP_DEFAULTS.algorithm : parseAlgorithm(parameters.algorithm),
    digits: readInteger(parameters.digits, OTP_DEFAULTS.digits, 'digits_out_of_range', 'digits'),
  };
  const account: OtpAccount =
    type === 'totp'
      ? {
          type,
          ...common,
          periodSeconds: readInteger(parameters.period, OTP_DEFAULTS.periodSeconds, 'period_out_of_range', 'period'),
        }
      : { type, ...common, counter: readInteger(parameters.counter, 0, 'counter_out_of_range', 'counter') };
  checkAccount(account);
  return account;
}

/**
 * Writes the URI that `parseOtpauthUri` reads back to the same account. Everything is spelt out, defaults too, and the
 * issuer stands in both places, as apps old and new expect. Control characters in names are left out.
 *
 * @throws {OtpError} naming the field out of its bounds; `uri_too_long`
 */
export function buildOtpauthUri(account: OtpAccount): string {
  checkAccount(account);
  const label = displayable(account.label);
  const issuer = displayable(account.issuer ?? '') || null;
  const parameters = [
    `secret=${encodeSecret(account.secret)}`,
    ...(issuer === null ? [] : [`issuer=${encodeURIComponent(issuer)}`]),
    `algorithm=${account.algorithm}`,
    `digits=${account.digits}`,
    account.type === 'totp' ? `period=${account.periodSeconds}` : `counter=${account.counter}`,
  ];
  // Old apps look for a literal colon between issuer and label.
  const path = encodeURIComponent(writeLabel({ label, issuer })).replace('%3A', ':');
  const uri = `otpauth://${account.type}/${path}?${parameters.join('&')}`;
  if (uri.length > MAX_URI_LENGTH) throw tooLong();
  return uri;
}

/**
 * Reads what people paste where 'the secret' is asked for: a URI if it says so, else bare base32 with the defaults and no
 * names.
 * @throws {OtpError} as `parseOtpauthUri` or `decodeSecret`
 */
export function parseSecretOrUri(text: string): OtpAccount {
  if (/^\s*otpauth/i.test(text)) return parseOtpauthUri(text);
  return { type: 'totp', label: '', issuer: null, secret: decodeSecret(text), ...OTP_DEFAULTS };
}

/** The parts of `scheme://authority/path?query`, authority in lower case, nothing decoded. */
export function splitUri(uri: string, scheme: string, maxLength: number) {
  if (uri.length > maxLength) throw tooLong();
  const [, given, authority, path, query] = URI_SHAPE.exec(uri.trim()) ?? [];
  if (given?.toLowerCase() !== scheme || authority === undefined || path === undefined || query === undefined) {
    throw new OtpError('uri_malformed', 'uri', `the URI must begin with ${scheme}://`);
  }
  return { authority: authority.toLowerCase(), path, query };
}

/** @throws {OtpError} `uri_malformed` where `%` is not followed by the UTF-8 of a character */
export function percentDecode(text: string, field: OtpField): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new OtpError('uri_malformed', field, `the percent-encoding of the URI's ${field} is broken`);
  }
}

const URI_SHAPE = /^([^:]*):\/\/([^/?]*)\/?([^?]*)\??(.*)$/s;

/** Real ones have a few hundred characters; long names and links to images make some longer. */
const MAX_URI_LENGTH = 4096;

const PARAMETERS = {
  secret: 'secret',
  issuer: 'issuer',
  algorithm: 'algorithm',
  digits: 'digits',
  period: 'period',
  counter: 'counter',
  encoder: 'type',
} as const satisfies Record<string, OtpField>;

function readParameters(query: string): Record<keyof typeof PARAMETERS, string> {
  const values = { secret: '', issuer: '', algorithm: '', digits: '', period: '', counter: '', encoder: '' };
  for (const pair of query.replaceAll('&amp;', '&').split('&')) {
    const separatorAt = pair.indexOf('=');
    const name = pair.slice(0, Math.max(separatorAt, 0)).toLowerCase();
    if (!isParameter(name)) continue;
    const field = PARAMETERS[name];
    const value = percentDecode(pair.slice(separatorAt + 1).replaceAll('+', ' '), field);
    if (values[name] !== '' && values[name] !== value) {
      throw new OtpError('uri_parameter_repeated', field, `the URI gives ${name} twice`);
    }
    values[name] = value;
  }
  return values;
}

function isParameter(name: string): name is keyof typeof PARAMETERS {
  return Object.hasOwn(PARAMETERS, name);
}

function readInteger(text: string, fallback: number, code: OtpErrorCode, field: OtpField): number {
  const digits = text.trim();
  if (digits === '') return fallback;
  if (!/^[0-9]{1,16}$/.test(digits)) throw new OtpError(code, field, `the URI's ${field} must be a whole number`);
  return Number(digits);
}

function tooLong(): OtpError {
  return new OtpError('uri_too_long', 'uri', 'the URI is too long');
}
