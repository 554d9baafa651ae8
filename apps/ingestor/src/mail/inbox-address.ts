/**
 * The local part by which an inbox is found: lower case, without the plus-tag (`Q7x+github@…` is `q7x`). Null for an address that is
 * not at the domain of the inboxes.
 */
export function inboxLocalPart(address: string, inboxDomain: string): string | null {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  if (at < 1 || domain.replace(/\.$/, '') !== inboxDomain) return null;
  const [localPart = ''] = address.slice(0, at).toLowerCase().split('+');
  return /^[a-z0-9._-]{1,64}$/.test(localPart) ? localPart : null;
}
