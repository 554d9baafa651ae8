import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc } from '../rpc.js';

export const inboxView = z.object({
  id: z.uuid(),
  credential_id: z.uuid(),
  /** The current one; what the credential shows as `tfa_email`. */
  address: z.string(),
  /** Earlier ones that still accept mail. */
  previous_addresses: z.array(z.object({ address: z.string(), valid_until: z.iso.datetime() })),
  created_at: z.iso.datetime(),
});
export type InboxView = z.output<typeof inboxView>;

/** 30 days at most. */
export const graceSeconds = z
  .int()
  .min(0)
  .max(30 * 86_400);

/** The inbox of a credential, made if there is none. */
export const createInbox = defineRpc({
  pattern: 'vault.inboxes.create',
  request: workspaceCaller.extend({ credential_id: z.uuid() }),
  response: inboxView,
});

export const listInboxes = defineRpc({
  pattern: 'vault.inboxes.list',
  request: workspaceCaller.extend({ credential_id: z.uuid().nullable(), page: pageRequest }),
  response: pageOf(inboxView),
});

export const getInbox = defineRpc({
  pattern: 'vault.inboxes.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: inboxView,
});

/** A new address; the one before accepts mail for `grace_seconds` more. */
export const rotateInbox = defineRpc({
  pattern: 'vault.inboxes.rotate',
  request: workspaceCaller.extend({ id: z.uuid(), grace_seconds: graceSeconds, idempotency: idempotency.nullable() }),
  response: z.object({ inbox: inboxView, status: z.int() }),
  delivery: 'at-most-once',
});
