import { z } from 'zod';
import type { Place } from '@otpost/envelope';
import { caller, idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretText } from '../rpc.js';

export const phoneNumberMode = z.enum(['dedicated', 'shared']);

export const phoneNumberView = z.object({
  id: z.uuid(),
  e164: z.string(),
  provider: z.literal('twilio'),
  /** Null: the provider is not called for this number. */
  account_sid: z.string().nullable(),
  mode: phoneNumberMode,
  /** Whose codes come here; null for a shared number, and for a dedicated one that is free. */
  credential_id: z.uuid().nullable(),
  /**
   * `purchasing`: the provider was asked to sell it, and its answer is not known yet. `pending_approval`: takes no code until the
   * root key approves it.
   */
  status: z.enum(['active', 'pending_approval', 'purchasing']),
  /** Bought through otpost: deleting it gives it back to the provider. */
  purchased: z.boolean(),
  created_at: z.iso.datetime(),
  approved_at: z.iso.datetime().nullable(),
});
export type PhoneNumberView = z.output<typeof phoneNumberView>;

/** The same for the gateway, which calls the provider. `provider_sid` is null until the provider has answered. */
export const phoneNumberRecord = phoneNumberView.extend({ provider_sid: z.string().nullable() });
export type PhoneNumberRecordView = z.output<typeof phoneNumberRecord>;

/**
 * Records a number: an imported one, or (`purchased`) one that is about to be bought. So a purchase whose answer got lost is known, and
 * a repeat with its `Idempotency-Key` finds it.
 * @throws AppError `already_exists` naming `e164`; `conflict` naming `credential_id`, which has a number; `not_found`
 */
export const createPhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.create',
  request: workspaceCaller.extend({
    phone_number: z.object({
      e164: z.string().max(16),
      provider: z.literal('twilio'),
      account_sid: z.string().max(64).nullable(),
      /** Null: the deployment's. */
      auth_token: secretText.nullable(),
      mode: phoneNumberMode,
      credential_id: z.uuid().nullable(),
      purchased: z.boolean(),
    }),
    idempotency: idempotency.nullable(),
  }),
  response: z.object({ phone_number: phoneNumberRecord, status: z.int() }),
  delivery: 'at-most-once',
});

/**
 * What an `Idempotency-Key` made, if anything: asked before a number is looked for that might be another one this time.
 * @throws AppError `idempotency_key_reused`
 */
export const findCreatedPhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.find-created',
  request: workspaceCaller.extend({ idempotency }),
  response: z.object({ phone_number: phoneNumberRecord.nullable() }),
});

/** The provider's id of a number: its webhook leads here, and one that was being bought is. */
export const connectPhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.connect',
  request: workspaceCaller.extend({ id: z.uuid(), provider_sid: z.string().min(1).max(64) }),
  response: phoneNumberRecord,
});

export const listPhoneNumbers = defineRpc({
  pattern: 'vault.phone-numbers.list',
  request: workspaceCaller.extend({ page: pageRequest }),
  response: pageOf(phoneNumberView),
});

export const getPhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: phoneNumberRecord,
});

/** A field that is absent stays. Making a number shared frees it of its credential. */
export const updatePhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.update',
  request: workspaceCaller.extend({
    id: z.uuid(),
    change: z.object({ mode: phoneNumberMode.optional(), credential_id: z.uuid().nullish() }),
  }),
  response: phoneNumberView,
});

export const deletePhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.delete',
  request: workspaceCaller.extend({ id: z.uuid(), reason: z.enum(['requested', 'provider_refused']) }),
  response: z.object({}),
});

/** For the root key: whatever the number's workspace. Harmless to repeat. */
export const approvePhoneNumber = defineRpc({
  pattern: 'vault.phone-numbers.approve',
  request: caller.extend({ id: z.uuid() }),
  response: z.object({ workspace_id: z.uuid(), phone_number: phoneNumberRecord }),
});

/** Where a number's token is sealed to, with the hook key: the vault seals, the ingestor opens. */
export function phoneNumberTokenPlace(workspaceId: string, phoneNumberId: string): Place {
  return { workspaceId, table: 'phone_number', rowId: phoneNumberId, column: 'auth_token' };
}
