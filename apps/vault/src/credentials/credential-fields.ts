import { fieldError, normaliseDomain, type CredentialChange } from '@otpost/contracts';

/** Fields of a vault entry that are columns in the clear. */
export const plainFields = [
  'user_alias',
  'persist_cookies',
  'persist_local_storage',
  'persist_session_storage',
  'cookie_domain_to_store',
  'allow_multiple_sessions',
  'max_concurrency',
  'prevent_concurrency_during_login',
  'expiry_time_from_last_use',
  'expiry_time_from_session_data_set',
  'proxy_setting',
  'location',
  'user_agent',
  'ip_address',
  'user_id',
  'session_id',
  'skip_csrf_cookies',
] as const;
export type PlainField = (typeof plainFields)[number];

/** Any JSON, sealed as its text and given back as it came. */
export const jsonFields = ['cookies', 'local_storage', 'session_storage', 'headers', 'proxy'] as const;

/** Fields that are sealed columns, in the order they are opened. */
export const sealedFields = ['user_name', 'password', 'proxy_value', 'proxy_string', ...jsonFields] as const;
export type SealedField = (typeof sealedFields)[number];

/** What `clear-browser-state` forgets, and what sets `session_data_set_at`. */
export const browserState = ['cookies', 'local_storage', 'session_storage'] as const;

/** What a client may encrypt itself. */
export const clientFields = ['user_name', 'password', 'tfa_secret'] as const;
export type ClientField = (typeof clientFields)[number];

/** All that a client may set of an entry, but for what names it. */
export type GivenCredential = Omit<CredentialChange, 'id' | 'permissioned_user_id' | 'domain'>;

export type ColumnOf<Field extends string> = Field extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<ColumnOf<Tail>>}`
  : Field;

/** Prisma's name of the column of a field: `user_alias` is `userAlias`. */
export function columnOf<Field extends string>(field: Field): ColumnOf<Field> {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as ColumnOf<Field>;
}

/** What names a credential, as its columns have it. */
export interface Pair {
  permissionedUserId: string;
  /** Normalised. */
  domain: string;
}

/** @throws AppError `validation_failed` when `domain` names no host, or no row could hold `permissioned_user_id` */
export function pairOf(given: { permissioned_user_id: string; domain: string }): Pair {
  return { permissionedUserId: userIdOf(given.permissioned_user_id), domain: domainOf(given.domain) };
}

export function userIdOf(given: string): string {
  assertStorable('permissioned_user_id', given);
  return given;
}

export function domainOf(given: string): string {
  const domain = normaliseDomain(given);
  if (domain === null) throw fieldError('domain', 'names no host');
  return domain;
}

/** PostgreSQL has no NUL in a text, and half a surrogate pair would come back as another character. */
export function assertStorable(field: string, value: unknown): void {
  if (typeof value === 'string' && /[\0\p{Cs}]/u.test(value)) {
    throw fieldError(field, 'must not hold NUL characters or halves of surrogate pairs');
  }
}
