import type { WebhookEndpointView } from '@otpost/contracts';
import type { WebhookEndpoint } from '@otpost/database';

export function viewOfEndpoint(row: WebhookEndpoint): WebhookEndpointView {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events as WebhookEndpointView['events'],
    status: row.enabled ? 'enabled' : 'disabled',
    disabled_reason: row.disabledReason as WebhookEndpointView['disabled_reason'],
    disabled_at: row.disabledAt?.toISOString() ?? null,
    failing_since: row.failingSince?.toISOString() ?? null,
    previous_secret_until: row.previousSecretUntil?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
