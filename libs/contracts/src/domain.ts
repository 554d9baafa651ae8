import { domainToASCII } from 'node:url';

/**
 * The host that a credential is for, however it was written: `https://GitHub.com/login`, `www.github.com.` and `github.com` are one.
 * Scheme, user, port, path, `www.`, case and trailing dot go; international names become ASCII (UTS 46).
 * @returns null when there is no host in the text.
 */
export function normaliseDomain(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length === 0 || trimmed.length > 2_048) return null;
  const afterScheme = trimmed.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^\/\//, '');
  const authority = afterScheme.split(/[/?#\\]/, 1)[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  const ascii = domainToASCII(host).replace(/\.$/, '');
  const bare = ascii.startsWith('www.') && ascii.indexOf('.', 4) !== -1 ? ascii.slice(4) : ascii;
  return isHost(bare) ? bare : null;
}

function isHost(host: string): boolean {
  if (host.length === 0 || host.length > 253) return false;
  return host.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
}
