import { Controller, Inject } from '@nestjs/common';
import { openWebhookSecrets, sealWebhookSecret, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { describeSealed, openText, seal, type Place, type Secret } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { generateWebhookSecret } from '@otpost/webhook-signing';
import { DataKeys } from '../keys/data-keys.js';

/** Signing secrets of webhook endpoints: made, sealed and opened here, stored and used by the dispatcher. */
@Controller()
export class WebhookSecretsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  @Rpc(sealWebhookSecret)
  async seal(request: RequestOf<typeof sealWebhookSecret>): Promise<ResponseOf<typeof sealWebhookSecret>> {
    const { workspace_id: workspaceId, endpoint_id: endpointId, current } = request;
    const previous = await this.#open(workspaceId, current, endpointPlace(workspaceId, endpointId, 'secret'));
    const secret = generateWebhookSecret();
    return this.database.withWorkspace(workspaceId, (tx) =>
      this.dataKeys.useActive(tx, workspaceId, (key) => ({
        secret,
        sealed: seal(key, secret.reveal(), endpointPlace(workspaceId, endpointId, 'secret')),
        previous_sealed:
          previous === null
            ? null
            : seal(key, previous.reveal(), endpointPlace(workspaceId, endpointId, 'previous_secret')),
        once_sealed: seal(key, secret.reveal(), oncePlace(workspaceId, endpointId)),
        data_key_id: key.id,
      })),
    );
  }

  @Rpc(openWebhookSecrets)
  async open(request: RequestOf<typeof openWebhookSecrets>): Promise<ResponseOf<typeof openWebhookSecrets>> {
    const { workspace_id: workspaceId, endpoint_id: endpointId } = request;
    const [secret, previous, once] = await Promise.all([
      this.#open(workspaceId, request.secret, endpointPlace(workspaceId, endpointId, 'secret')),
      this.#open(workspaceId, request.previous_secret, endpointPlace(workspaceId, endpointId, 'previous_secret')),
      this.#open(workspaceId, request.once_secret, oncePlace(workspaceId, endpointId)),
    ]);
    return { secret, previous_secret: previous, once_secret: once };
  }

  /** The place is part of what is authenticated: nothing opens here but secrets of this very endpoint. */
  async #open(workspaceId: string, sealed: Uint8Array | null, place: Place): Promise<Secret | null> {
    if (sealed === null) return null;
    return this.dataKeys.use(workspaceId, describeSealed(sealed).keyId, (key) => openText(key, sealed, place));
  }
}

function endpointPlace(workspaceId: string, endpointId: string, column: 'secret' | 'previous_secret'): Place {
  return { workspaceId, table: 'webhook_endpoint', rowId: endpointId, column };
}

/** As `createOnce` has it for what the vault itself creates. */
function oncePlace(workspaceId: string, endpointId: string): Place {
  return { workspaceId, table: 'idempotency_record', rowId: endpointId, column: 'once_secret' };
}
