import type { Prisma } from '@otpost/database';
import {
  browserState,
  clientFields,
  columnOf,
  sealedFields,
  type ClientField,
  type Pair,
} from './credential-fields.js';
import type { CredentialRow, SealedTexts } from './credential-rows.js';
import type { GivenFields } from './read-given.js';
import { isSameAccount, type SecondFactor } from './second-factor.js';

/** An entry as it is stored, in the clear. */
export interface Stored {
  row: Omit<CredentialRow, 'otpSecret' | 'inbox' | 'phoneNumber'>;
  texts: SealedTexts;
  factor: SecondFactor;
}

/** What a request makes of it. */
export interface Wanted {
  pair: Partial<Pair>;
  fields: GivenFields;
  factor: SecondFactor;
  clientEncrypted: readonly ClientField[];
}

export interface Changes {
  /** API names of all that changes, sorted. Empty: nothing does. */
  names: string[];
  columns: Prisma.CredentialUncheckedUpdateManyInput;
  /** Sealed fields to write. */
  texts: Partial<SealedTexts>;
}

/**
 * What differs between an entry and what a request wants of it. Browser state counts as set whenever it is sent: its expiry begins
 * anew also when the site gave out the same cookies again.
 */
export function changesOf(stored: Stored, wanted: Wanted, now = new Date()): Changes {
  const { row } = stored;
  const names = new Set<string>();
  const columns: Record<string, unknown> = {};
  const texts: Partial<SealedTexts> = {};

  const { permissionedUserId: permissioned_user_id, domain } = wanted.pair;
  const plain = { permissioned_user_id, domain, ...wanted.fields.plain, tfa_method: wanted.factor.method };
  for (const [field, value] of Object.entries(plain)) {
    const column = columnOf(field);
    if (value === undefined || value === Reflect.get(row, column)) continue;
    columns[column] = value;
    names.add(field);
  }
  for (const field of sealedFields) {
    const text = wanted.fields.sealed[field];
    if (text === undefined) continue;
    const isSetAnew = text !== null && isBrowserState(field);
    if (!isSetAnew && text?.reveal() === stored.texts[field]?.reveal()) continue;
    texts[field] = text;
    names.add(field);
  }
  for (const field of clientFields) {
    if (row.clientEncrypted.includes(field) === wanted.clientEncrypted.includes(field)) continue;
    columns['clientEncrypted'] = [...wanted.clientEncrypted];
    names.add(field);
  }
  if (!isSameAccount(stored.factor.account, wanted.factor.account)) names.add('tfa_secret');

  if (browserState.some((field) => texts[field] != null)) columns['sessionDataSetAt'] = now;
  else if (browserState.every((field) => (texts[field] === undefined ? stored.texts[field] : texts[field]) === null)) {
    if (row.sessionDataSetAt !== null) columns['sessionDataSetAt'] = null;
  }
  return { names: [...names].sort(), columns, texts };
}

function isBrowserState(field: string): boolean {
  return browserState.some((name) => name === field);
}
