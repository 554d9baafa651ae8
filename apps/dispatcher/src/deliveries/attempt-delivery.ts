import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { AttemptTrigger, WebhookEndpoint } from '@otpost/database';
import { signWebhook } from '@otpost/webhook-signing';
import { clock, type Clock } from '../clock.js';
import { payloadOf } from '../events/event-rows.js';
import { PageLinks } from '../events/page-links.js';
import type { Attempt } from './record-attempts.js';
import { SigningSecrets, type SealedSecrets } from './signing-secrets.js';
import type { TakenDelivery } from './take-deliveries.js';
import { WebhookSender } from './webhook-sender.js';

export type EndpointToSend = SealedSecrets & Pick<WebhookEndpoint, 'url'>;

/** One attempt: body and signatures made anew, sent, timed. What becomes of the delivery is its caller's to say. */
@Injectable()
export class AttemptDelivery {
  constructor(
    @Inject(SigningSecrets) private readonly secrets: SigningSecrets,
    @Inject(WebhookSender) private readonly sender: WebhookSender,
    @Inject(PageLinks) private readonly pages: PageLinks,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /** Makes sure that there is something to sign with. Throws when the vault cannot be asked. */
  async prepare(endpoint: EndpointToSend): Promise<void> {
    await this.secrets.use(endpoint, () => undefined);
  }

  /** Whatever the other side does is an answer; rejects only when there is nothing to sign with. */
  async attempt(
    endpoint: EndpointToSend,
    { id: deliveryId, event }: Pick<TakenDelivery, 'id' | 'event'>,
    trigger: AttemptTrigger,
  ): Promise<Omit<Attempt, 'onFailure'>> {
    const startedAtMs = this.now();
    const content = {
      event: event.type,
      payload: payloadOf(
        { type: event.type, payload: event.payload as object, challengeId: event.challengeId },
        this.pages,
      ),
      metadata: event.metadata,
    };
    const signed = await this.secrets.use(endpoint, (secrets) =>
      signWebhook(content, { id: event.id, secrets, nowMs: startedAtMs }),
    );
    const started = performance.now();
    const answer = await this.sender.send(endpoint.url, signed);
    const durationMs = Math.round(performance.now() - started);
    return { id: uuidv7(), deliveryId, trigger, startedAtMs, durationMs, answer };
  }
}
