import { z } from 'zod';
import { workspaceCaller } from '../caller.js';
import { authResults } from '../ingestor/auth-results.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretText } from '../rpc.js';

export const messageState = z.enum(['received', 'deposited', 'no_code', 'ambiguous', 'refused', 'confirmation']);

/** A message without its content. */
export const messageView = z.object({
  id: z.uuid(),
  channel: z.enum(['email', 'sms']),
  /** twilio, sendgrid, mime, smtp */
  source: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  /** Who wrote it before a human's mailbox forwarded it. */
  original_from: z.string().nullable(),
  received_at: z.iso.datetime(),
  state: messageState,
  /** Why it is in this state. */
  reason: z.string().nullable(),
  credential_id: z.uuid().nullable(),
  inbox_id: z.uuid().nullable(),
  phone_number_id: z.uuid().nullable(),
  /** How the sender was proven; null for an SMS, and until it is known. */
  auth_results: authResults.nullable(),
  size_bytes: z.int(),
  /** Since when its content is gone. */
  purged_at: z.iso.datetime().nullable(),
});
export type MessageView = z.output<typeof messageView>;

/** What was in it. Text from outside: shown as text, and nothing in it is believed. */
export const messageContent = z.object({
  from: secretText,
  to: secretText,
  subject: secretText.nullable(),
  text: secretText.nullable(),
  html: secretText.nullable(),
  headers: z.array(z.object({ name: z.string(), value: secretText })),
  attachments: z.array(z.object({ filename: secretText.nullable(), content_type: z.string(), size_bytes: z.int() })),
  /** Cut at the ingestor's limits. */
  truncated: z.boolean(),
});

/** What was found in it. */
export const messageExtraction = z.object({
  code: secretText.nullable(),
  link: secretText.nullable(),
  /** 0 to 1, of what was chosen. */
  confidence: z.number(),
  reason: z.string(),
  ambiguous: z.boolean(),
  candidates: z.array(
    z.object({ kind: z.enum(['code', 'link']), value: secretText, confidence: z.number(), reason: z.string() }),
  ),
  /** A mailbox asks to confirm that it may forward to the inbox. */
  confirmation: z.object({ provider: z.string(), code: secretText.nullable(), link: secretText.nullable() }).nullable(),
});

/** Both are null before the vault has opened the message, and once it is purged. */
export const fullMessage = messageView.extend({
  content: messageContent.nullable(),
  extraction: messageExtraction.nullable(),
});
export type FullMessage = z.output<typeof fullMessage>;

/** Newest first. */
export const listMessages = defineRpc({
  pattern: 'vault.messages.list',
  request: workspaceCaller.extend({
    credential_id: z.uuid().nullable(),
    state: messageState.nullable(),
    page: pageRequest,
  }),
  response: pageOf(messageView),
});

/** With its content: audited. */
export const readMessage = defineRpc({
  pattern: 'vault.messages.read',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: fullMessage,
});
