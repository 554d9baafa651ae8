import { z } from 'zod';
import { idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineRpc, secretText } from '../rpc.js';
import { deliveryView } from './deliveries.js';
import { disabledReason, eventType } from './events.js';

const url = z.string().min(1).max(2_048);
const description = z.string().trim().max(500).nullable();
const subscription = z.array(eventType).max(50);
const status = z.enum(['enabled', 'disabled']);

export const newWebhookEndpoint = z.strictObject({
  /** http or https. */
  url,
  /** None: all of them. */
  events: subscription.optional(),
  description: description.optional(),
});

export const webhookEndpointChange = z.strictObject({
  url: url.optional(),
  events: subscription.optional(),
  description: description.optional(),
  status: status.optional(),
});

export const webhookEndpointView = z.object({
  id: z.uuid(),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(eventType),
  status,
  disabled_reason: disabledReason.nullable(),
  disabled_at: z.iso.datetime().nullable(),
  /** Since when every attempt failed; null: the last one did not. */
  failing_since: z.iso.datetime().nullable(),
  /** Until then the secret before the present one signs too. */
  previous_secret_until: z.iso.datetime().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type WebhookEndpointView = z.output<typeof webhookEndpointView>;

/** With the secret, on the day it is made: null once it was shown and its repeat window is over. */
export const webhookEndpointWithSecret = webhookEndpointView.extend({ secret: secretText.nullable() });

export const createWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.create',
  request: workspaceCaller.extend({ endpoint: newWebhookEndpoint, idempotency: idempotency.nullable() }),
  response: z.object({ endpoint: webhookEndpointWithSecret, status: z.int() }),
  delivery: 'at-most-once',
  deadlineMs: 15_000,
});

export const listWebhookEndpoints = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.list',
  request: workspaceCaller.extend({ page: pageRequest }),
  response: pageOf(webhookEndpointView),
});

export const getWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: webhookEndpointView,
});

/** A field that is absent stays. */
export const changeWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.change',
  request: workspaceCaller.extend({ id: z.uuid(), change: webhookEndpointChange }),
  response: webhookEndpointView,
});

/** Takes its deliveries and their attempts along. */
export const deleteWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.delete',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: z.object({}),
});

/** Sends to it again from now on; what was held meanwhile is recovered on request. */
export const enableWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.enable',
  request: workspaceCaller.extend({ id: z.uuid(), idempotency: idempotency.nullable() }),
  response: webhookEndpointView,
});

/** One attempt with an event of its own, `endpoint.test`, while the caller waits; also to a disabled endpoint. */
export const testWebhookEndpoint = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.test',
  request: workspaceCaller.extend({ id: z.uuid(), idempotency: idempotency.nullable() }),
  response: deliveryView,
  delivery: 'at-most-once',
  deadlineMs: 40_000,
});

/** A new secret. The one before signs too for the overlap; with an overlap of 0 it is worthless at once. */
export const rotateWebhookSecret = defineRpc({
  pattern: 'dispatcher.webhook-endpoints.rotate-secret',
  request: workspaceCaller.extend({
    id: z.uuid(),
    overlap_seconds: z.int().min(0).max(604_800),
    idempotency: idempotency.nullable(),
  }),
  response: webhookEndpointWithSecret,
  delivery: 'at-most-once',
  deadlineMs: 15_000,
});
