/** Signing and verifying webhooks: pure functions over bytes. Nothing here knows of HTTP clients, rows or queues. */
export { generateWebhookSecret, SigningSecret } from './signing-secret.js';
export { buildWebhookBody, signWebhook } from './sign-webhook.js';
export type { SignedWebhook, WebhookBody, WebhookContent, WebhookHeaders } from './sign-webhook.js';
export { verifyWebhook } from './verify-webhook.js';
export type { ReceivedWebhook } from './verify-webhook.js';
export { WebhookSigningError, type WebhookSigningErrorCode } from './errors.js';
