import { Inject, Injectable } from '@nestjs/common';
import { openWebhookSecrets, sealWebhookSecret, type ResponseOf } from '@otpost/contracts';
import type { IdempotentResult } from '@otpost/database';
import type { Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';

export type MadeSecret = ResponseOf<typeof sealWebhookSecret>;

/** Makes secrets, and shows them to their owner: both are the vault's to do. */
@Injectable()
export class EndpointSecrets {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  /** @param current the sealed secret that will sign beside the new one for a while; null: none */
  make(workspaceId: string, endpointId: string, current: Uint8Array<ArrayBuffer> | null): Promise<MadeSecret> {
    return this.rpc.call(sealWebhookSecret, { workspace_id: workspaceId, endpoint_id: endpointId, current });
  }

  /** The secret that a call has made, for its answer: once, and again for a repeat while the sealed copy is kept. */
  async shownBy(
    workspaceId: string,
    endpointId: string,
    made: MadeSecret,
    outcome: IdempotentResult,
  ): Promise<Secret | null> {
    if (!outcome.replayed) return made.secret;
    if (outcome.once === undefined) return null;
    const opened = await this.rpc.call(openWebhookSecrets, {
      workspace_id: workspaceId,
      endpoint_id: endpointId,
      secret: null,
      previous_secret: null,
      once_secret: Uint8Array.from(outcome.once),
    });
    return opened.once_secret;
  }
}
