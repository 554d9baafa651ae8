import type { IncomingHttpHeaders } from 'node:http';
import { isApiKeySecret, parseApiKey } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';

/** A key as a client showed it, in one of the four header forms. */
export type PresentedKey = { kind: 'api_key'; id: string; secret: Secret } | { kind: 'root'; key: Secret };

/**
 * Reads the key from whichever header the client's API has: `Authorization: Bearer`, `cc-key`, or `sb-api-key-id` with
 * `sb-api-secret-key` (the secret part, or the whole key).
 * @returns null when there is none, or one that cannot be a key (its checksum is wrong).
 */
export function presentedKey(headers: IncomingHttpHeaders): PresentedKey | null {
  const bearer = headers.authorization;
  if (bearer !== undefined) {
    const match = /^bearer +(\S+) *$/i.exec(bearer);
    return match?.[1] === undefined ? null : fromWhole(match[1]);
  }
  const ccKey = single(headers['cc-key']);
  if (ccKey !== undefined) return fromWhole(ccKey);
  const id = single(headers['sb-api-key-id']);
  const secret = single(headers['sb-api-secret-key']);
  if (id === undefined || secret === undefined) return null;
  const whole = parseApiKey(secret);
  if (whole !== null) return whole.id === id ? { kind: 'api_key', id, secret: whole.secret } : null;
  return isApiKeySecret(secret) && /^[a-z0-9]{1,40}$/.test(id)
    ? { kind: 'api_key', id, secret: new Secret(secret) }
    : null;
}

function fromWhole(text: string): PresentedKey | null {
  if (text.startsWith('otp_root_')) return { kind: 'root', key: new Secret(text) };
  const key = parseApiKey(text);
  return key === null ? null : { kind: 'api_key', id: key.id, secret: key.secret };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value.trim() : undefined;
}
