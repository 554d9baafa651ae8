import type { TfaMethod } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { parseSecretOrUri, type OtpAccount } from '@otpost/otp';
import { assertServable } from '../otp-secrets/create-otp-secret.js';
import { refusing } from '../otp-secrets/otp-secret-rows.js';
import { readClientField, type ClientText } from './client-fields.js';
import {
  assertStorable,
  jsonFields,
  plainFields,
  type ClientField,
  type GivenCredential,
  type PlainField,
  type SealedField,
} from './credential-fields.js';

export type PlainValue = string | number | boolean | null;

/** What a request says of an entry, in the clear. What is absent stays as it is. */
export interface GivenFields {
  plain: Partial<Record<PlainField, PlainValue>>;
  sealed: Partial<Record<SealedField, Secret | null>>;
  method: TfaMethod | null | undefined;
  account: OtpAccount | null | undefined;
  /** Of each client field that was given: whether it came encrypted. */
  encrypted: Partial<Record<ClientField, boolean>>;
}

/**
 * Reads a request with the workspace's client encryption key.
 *
 * @param masked fields that the client reads as null because they are stored from plaintext: a null in them says nothing, since it is
 *   what a client sends that puts back what it read (docs/adr/0010)
 * @throws AppError `validation_failed` naming the field
 */
export function readGiven(
  key: Secret,
  given: GivenCredential,
  masked: ReadonlySet<ClientField> = new Set(),
): GivenFields {
  const fields: GivenFields = { plain: {}, sealed: {}, method: given.tfa_method, account: undefined, encrypted: {} };
  for (const field of plainFields) {
    const value = given[field];
    if (value === undefined) continue;
    assertStorable(field, value);
    fields.plain[field] = value;
  }
  for (const field of jsonFields) {
    const value = given[field];
    if (value !== undefined) fields.sealed[field] = value === null ? null : new Secret(JSON.stringify(value.reveal()));
  }
  for (const field of ['proxy_value', 'proxy_string'] as const) {
    const value = given[field];
    if (value !== undefined) fields.sealed[field] = value;
  }

  const readClient = (field: ClientField): ClientText | undefined => {
    const value = given[field];
    if (value === undefined) return undefined;
    const read = value === null ? { text: null, encrypted: false } : readClientField(key, field, value);
    if (read.text === null && masked.has(field)) return undefined;
    fields.encrypted[field] = read.encrypted;
    return read;
  };
  for (const field of ['user_name', 'password'] as const) {
    const read = readClient(field);
    if (read !== undefined) fields.sealed[field] = read.text;
  }
  const seed = readClient('tfa_secret');
  if (seed !== undefined) fields.account = seed.text === null ? null : accountOf(seed.text);
  return fields;
}

/** An empty text is no secret: forms send one. */
function accountOf(text: Secret): OtpAccount | null {
  if (text.reveal().trim() === '') return null;
  const account = refusing(() => parseSecretOrUri(text.reveal()), 'tfa_secret');
  assertServable(account, 'tfa_secret');
  return account;
}
