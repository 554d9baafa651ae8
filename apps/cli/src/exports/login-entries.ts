import { Secret } from '@otpost/envelope';
import { displayable, entryOfText, nameOf, type Entry } from './entry.js';

/** A login as a password manager exports it; empty is what it has not. */
export interface LoginFields {
  title: string;
  userName: string;
  /** The first that is of the web is its site. */
  sites: readonly string[];
  password: string;
}

/** What one login comes to: its authenticator with the login, or the login alone. Nothing, where there is nothing to log in with. */
export function entriesOfLogin(
  secret: string | null | undefined,
  { title, userName, sites, password }: LoginFields,
): Entry[] {
  const login = {
    site: sites.map((site) => site.trim()).find(isOfTheWeb) ?? null,
    userName: userName.trim() || null,
    password: password === '' ? null : new Secret(password),
  };
  if (secret?.trim()) {
    const entry = entryOfText(secret, { label: userName, issuer: title });
    return ['account' in entry ? { ...entry, login } : entry];
  }
  if (login.password === null) return [];
  return [{ name: displayable(nameOf({ issuer: title, label: userName })), login }];
}

/** Not `androidapp://` and the like. */
function isOfTheWeb(site: string): boolean {
  return site !== '' && (/^https?:\/\//i.test(site) || !site.includes('://'));
}
