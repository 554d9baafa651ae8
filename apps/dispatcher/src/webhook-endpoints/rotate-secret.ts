import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, type RequestOf, type ResponseOf, type rotateWebhookSecret } from '@otpost/contracts';
import { Database, type IdempotentResult, type WebhookEndpoint } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { runOnce } from '../idempotency/run-once.js';
import { viewOfEndpoint } from './endpoint-rows.js';
import { EndpointSecrets, type MadeSecret } from './endpoint-secrets.js';

type Request = RequestOf<typeof rotateWebhookSecret>;

const tries = 3;

/** Gives an endpoint a new secret. The one before signs beside it for the overlap, so that a receiver can change over without a gap. */
@Injectable()
export class RotateSecret {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(EndpointSecrets) private readonly secrets: EndpointSecrets,
    @Inject(clock) private readonly now: Clock,
  ) {}

  async rotate(request: Request): Promise<ResponseOf<typeof rotateWebhookSecret>> {
    const { workspace_id: workspaceId, id, overlap_seconds } = request;
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      const current = await this.#read(workspaceId, id);
      // Made outside the transaction, which must not wait for another service; written only if the row is still the one it was made for.
      const made = await this.secrets.make(workspaceId, id, overlap_seconds > 0 ? current.secret : null);
      const outcome = await this.#write(request, current, made);
      if (outcome === 'changed meanwhile') continue;
      const secret = await this.secrets.shownBy(workspaceId, id, made, outcome);
      return { ...viewOfEndpoint(await this.#read(workspaceId, id)), secret };
    }
    throw new AppError('conflict', 'the secret is being rotated by somebody else');
  }

  async #read(workspaceId: string, id: string): Promise<WebhookEndpoint> {
    const row = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.webhookEndpoint.findUnique({ where: { id } }),
    );
    if (row === null) throw notFound('webhook endpoint');
    return row;
  }

  async #write(
    request: Request,
    current: WebhookEndpoint,
    made: MadeSecret,
  ): Promise<IdempotentResult | 'changed meanwhile'> {
    const { workspace_id: workspaceId, id, overlap_seconds, idempotency } = request;
    const nowMs = this.now();
    const previousUntil = made.previous_sealed === null ? null : new Date(nowMs + overlap_seconds * 1_000);
    const changed = new Error('changed meanwhile');
    const writing = this.database.withWorkspace(workspaceId, (tx) =>
      runOnce(tx, { workspaceId, idempotency, now: new Date(nowMs) }, async () => {
        const { count } = await tx.webhookEndpoint.updateMany({
          where: { id, secret: current.secret },
          data: {
            secret: made.sealed,
            previousSecret: made.previous_sealed,
            previousSecretUntil: previousUntil,
            dataKeyId: made.data_key_id,
          },
        });
        // Rolled back with its record: what was made is for a secret that is no more.
        if (count === 0) throw changed;
        await recordAudit(tx, request, {
          action: 'webhook_endpoint.secret_rotated',
          resource: { type: 'webhook_endpoint', id },
          details: { overlap_seconds },
        });
        return { status: 200, resourceId: id, once: made.once_sealed, onceDataKeyId: made.data_key_id };
      }),
    );
    return writing.catch((error: unknown) => {
      if (error === changed) return 'changed meanwhile';
      throw error;
    });
  }
}
