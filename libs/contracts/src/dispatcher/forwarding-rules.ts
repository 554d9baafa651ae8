import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineQueue } from '../queues.js';
import { defineRpc } from '../rpc.js';

const kind = z.enum(['email', 'sms', 'seat']);
const channel = z.enum(['email', 'sms']);

/** Where copies go: an e-mail address, an E.164 number, or the id of a seat. */
export const forwardingDestination = z.object({ kind, value: z.string().max(320) });
export type ForwardingDestination = z.output<typeof forwardingDestination>;

export const forwardingRuleView = z.object({
  id: z.uuid(),
  /** Null: whatever arrives in the workspace. */
  credential_id: z.uuid().nullable(),
  /** Only what came this way; null: both. */
  channel: channel.nullable(),
  kind,
  /** The address, the number, or the seat's id. */
  destination: z.string(),
  enabled: z.boolean(),
  confirmation_sent_at: z.iso.datetime().nullable(),
  /** Since when the destination's owner agrees; null: nothing is sent. */
  confirmed_at: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ForwardingRuleView = z.output<typeof forwardingRuleView>;

/** A copy of one message, and what became of it. */
export const forwardView = z.object({
  id: z.uuid(),
  message_id: z.uuid(),
  state: z.enum(['pending', 'sent', 'failed', 'dropped']),
  /** How often it was tried. */
  attempts: z.int(),
  /** Why it was not sent, so far or at all: a word. */
  reason: z.string().nullable(),
  created_at: z.iso.datetime(),
  next_attempt_at: z.iso.datetime().nullable(),
  sent_at: z.iso.datetime().nullable(),
});
export type ForwardView = z.output<typeof forwardView>;

/** What the gateway has made of a client's rule. */
const newRule = z.object({
  credential_id: z.uuid().nullable(),
  channel: channel.nullable(),
  destination: forwardingDestination,
  enabled: z.boolean(),
});

export const createForwardingRule = defineRpc({
  pattern: 'dispatcher.forwarding-rules.create',
  request: workspaceCaller.extend({ rule: newRule, idempotency: idempotency.nullable() }),
  response: z.object({ rule: forwardingRuleView, status: z.int() }),
  delivery: 'at-most-once',
});

export const listForwardingRules = defineRpc({
  pattern: 'dispatcher.forwarding-rules.list',
  request: workspaceCaller.extend({ credential_id: z.uuid().nullable(), page: pageRequest }),
  response: pageOf(forwardingRuleView),
});

export const getForwardingRule = defineRpc({
  pattern: 'dispatcher.forwarding-rules.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: forwardingRuleView,
});

/** A field that is absent stays. Another destination must be confirmed anew. */
export const changeForwardingRule = defineRpc({
  pattern: 'dispatcher.forwarding-rules.change',
  request: workspaceCaller.extend({ id: z.uuid(), change: newRule.partial() }),
  response: forwardingRuleView,
});

/** Takes what it has not sent yet along. */
export const deleteForwardingRule = defineRpc({
  pattern: 'dispatcher.forwarding-rules.delete',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: z.object({}),
});

/** Asks the destination's owner again. */
export const askForwardingConfirmation = defineRpc({
  pattern: 'dispatcher.forwarding-rules.ask-confirmation',
  request: workspaceCaller.extend({ id: z.uuid(), idempotency: idempotency.nullable() }),
  response: forwardingRuleView,
  delivery: 'at-most-once',
});

/** Newest first. */
export const listForwards = defineRpc({
  pattern: 'dispatcher.forwarding-rules.list-forwards',
  request: workspaceCaller.extend({ id: z.uuid(), page: pageRequest }),
  response: pageOf(forwardView),
});

/** Sends one e-mail or SMS to a person, if its row says that it is due. The row is the truth: the sweeper adds what is due. */
export const sendForwarding = defineQueue({
  name: 'dispatcher.forwarding',
  owner: 'dispatcher',
  job: z.object({ workspace_id: z.uuid(), forwarding_job_id: z.uuid() }),
  jobId: ({ forwarding_job_id }) => forwarding_job_id,
  attempts: 1,
});
