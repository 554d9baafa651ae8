import { z } from 'zod';
import { bytes, defineRpc, secretText } from '../rpc.js';

const ofEndpoint = z.object({ workspace_id: z.uuid(), endpoint_id: z.uuid() });

/**
 * Makes a signing secret and seals it for the endpoint's row, which need not be there yet. `current` is the row's present secret, sealed: it
 * comes back sealed as `previous_secret`, under the same key as the new one. Harmless to repeat: nothing is stored here.
 */
export const sealWebhookSecret = defineRpc({
  pattern: 'vault.webhook-secrets.seal',
  request: ofEndpoint.extend({ current: bytes.nullable() }),
  response: z.object({
    secret: secretText,
    /** For webhook_endpoint.secret. */
    sealed: bytes,
    /** For webhook_endpoint.previous_secret. */
    previous_sealed: bytes.nullable(),
    /** For idempotency_record.once_secret of the call that shows it. */
    once_sealed: bytes,
    data_key_id: z.uuid(),
  }),
});

/** Opens what was sealed for this endpoint: its secrets, or the copy that a repeated call shows again. */
export const openWebhookSecrets = defineRpc({
  pattern: 'vault.webhook-secrets.open',
  request: ofEndpoint.extend({
    secret: bytes.nullable(),
    previous_secret: bytes.nullable(),
    once_secret: bytes.nullable(),
  }),
  response: z.object({
    secret: secretText.nullable(),
    previous_secret: secretText.nullable(),
    once_secret: secretText.nullable(),
  }),
});
