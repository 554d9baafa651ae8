import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretJson, secretText } from '../rpc.js';

export const tfaMethod = z.enum(['AUTHENTICATOR', 'EMAIL', 'SMS', 'MAGIC_LINK']);
export type TfaMethod = z.infer<typeof tfaMethod>;

const shortText = z.string().max(1_024).nullish();
const flag = z.boolean().nullish();

/** What names a credential besides its id. */
export const credentialPair = z.strictObject({
  permissioned_user_id: z.string().min(1).max(512),
  domain: z.string().min(1).max(2_048),
});

/** Every field of a vault entry that a client may set. */
export const credentialFields = z.strictObject({
  user_name: secretText.nullish(),
  password: secretText.nullish(),
  user_alias: shortText,
  tfa_method: tfaMethod.nullish(),
  tfa_secret: secretText.nullish(),
  cookies: secretJson.nullish(),
  local_storage: secretJson.nullish(),
  session_storage: secretJson.nullish(),
  persist_cookies: flag,
  persist_local_storage: flag,
  persist_session_storage: flag,
  cookie_domain_to_store: shortText,
  allow_multiple_sessions: flag,
  max_concurrency: z.int().min(1).max(10_000).nullish(),
  prevent_concurrency_during_login: flag,
  /** PostgreSQL intervals, kept as written: `30 days`, `12:00:00`, `P1D`. */
  expiry_time_from_last_use: shortText,
  expiry_time_from_session_data_set: shortText,
  proxy: secretJson.nullish(),
  proxy_setting: shortText,
  proxy_value: secretText.nullish(),
  proxy_string: secretText.nullish(),
  headers: secretJson.nullish(),
  location: shortText,
  user_agent: shortText,
  ip_address: shortText,
  user_id: shortText,
  session_id: shortText,
  skip_csrf_cookies: flag,
});

export const newCredential = credentialFields.extend(credentialPair.shape);
export type NewCredential = z.output<typeof newCredential>;

/** A change by pair or by id: a field that is absent stays, one that is null goes (but see ADR 0010 for masked ones). */
export const credentialChange = credentialFields
  .extend(credentialPair.partial().shape)
  .extend({ id: z.uuid().optional() });
export type CredentialChange = z.output<typeof credentialChange>;

/** Only otpost sets these; a client may send them back with a `PUT`, where they are ignored. */
export const credentialReadOnly = z.object({
  id: z.uuid(),
  workspace_id: z.uuid(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  tfa_email: z.string().nullable(),
  tfa_phone_number: z.string().nullable(),
  session_data_set_at: z.iso.datetime().nullable(),
  effective_expires_at: z.iso.datetime().nullable(),
});

/** A vault entry as its owner reads it back. Client-encrypted fields are encrypted again, plain ones are masked as null. */
export const credentialView = z
  .object(credentialFields.shape)
  .required()
  .extend({ permissioned_user_id: z.string(), domain: z.string() })
  .extend(credentialReadOnly.shape);
export type CredentialView = z.output<typeof credentialView>;

export const createCredential = defineRpc({
  pattern: 'vault.credentials.create',
  request: workspaceCaller.extend({ credential: newCredential, idempotency: idempotency.nullable() }),
  response: z.object({ credential: credentialView, status: z.int() }),
  delivery: 'at-most-once',
});

export const updateCredential = defineRpc({
  pattern: 'vault.credentials.update',
  request: workspaceCaller.extend({ change: credentialChange }),
  response: credentialView,
});

export const findCredential = defineRpc({
  pattern: 'vault.credentials.find',
  request: workspaceCaller.extend({ pair: credentialPair }),
  response: credentialView,
});

export const listCredentials = defineRpc({
  pattern: 'vault.credentials.list',
  request: workspaceCaller.extend({ page: pageRequest }),
  response: pageOf(credentialView),
});

export const deleteCredential = defineRpc({
  pattern: 'vault.credentials.delete',
  request: workspaceCaller.extend({ pair: credentialPair }),
  response: z.object({}),
  // Done twice it would tell of a thing that is not there.
  delivery: 'at-most-once',
});

export const clearBrowserState = defineRpc({
  pattern: 'vault.credentials.clear-browser-state',
  request: workspaceCaller.extend({ pair: credentialPair }),
  response: z.object({}),
});

/** The current code of a credential, from whichever factor it has: the code path. */
export const readTfaCode = defineRpc({
  pattern: 'vault.credentials.read-tfa-code',
  request: workspaceCaller.extend({
    permissioned_user_id: z.string().min(1).max(512),
    domain: z.string().min(1).max(253),
  }),
  response: z.discriminatedUnion('type', [
    z.object({ type: z.literal('authenticator'), code: secretText, expires_in_seconds: z.int() }),
    z.object({ type: z.enum(['email', 'sms']), code: secretText, received_at: z.iso.datetime() }),
  ]),
});
