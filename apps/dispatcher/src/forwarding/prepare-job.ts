import { Inject, Injectable } from '@nestjs/common';
import { AppError, readMessage } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { systemCaller } from '../challenges/challenge-rows.js';
import { clock, type Clock } from '../clock.js';
import { PageLinks } from '../events/page-links.js';
import { composeCopy, wordsOf, type Forwardable } from './compose-copy.js';
import { composeConfirmation, composeNotice } from './compose-request.js';
import { ConfirmationLinks } from './confirmation-links.js';
import { Destinations } from './destinations.js';
import { loopReason } from './loop-marks.js';
import { viaOf, type Outgoing, type Via, type Writing } from './outgoing.js';
import type { TakenJob } from './take-job.js';

/** The seat of a rule has another address than the one that was confirmed. */
export const seatMoved = 'seat_moved';

/** What is to be sent now, or why nothing is to be sent, ever. */
export type Prepared = { via: Via; outgoing: Outgoing } | { dropped: string };

type Of<Purpose extends TakenJob['purpose']> = Extract<TakenJob, { purpose: Purpose }>;

/** Makes of a row what is sent, at the moment of sending: of what it says nothing is kept before or after. */
@Injectable()
export class PrepareJob {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(Destinations) private readonly destinations: Destinations,
    @Inject(PageLinks) private readonly pages: PageLinks,
    @Inject(ConfirmationLinks) private readonly confirmations: ConfirmationLinks,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /** @throws AppError where the vault cannot be asked */
  async prepare(job: TakenJob): Promise<Prepared> {
    const destination = job.purpose === 'notice' ? this.#addressOf(job) : job.rule.destination;
    if (destination === null) return { dropped: 'seat_removed' };
    if (job.purpose !== 'notice' && this.destinations.movedTo(job.rule) !== null) return { dropped: seatMoved };
    if (await this.destinations.isOurs(destination)) return { dropped: 'own_destination' };
    const via = viaOf(destination);
    const outgoing = { id: job.id, to: destination, isCopy: job.purpose === 'copy' };
    const writing = await this.#write(job, via);
    return typeof writing === 'string' ? { dropped: writing } : { via, outgoing: { ...outgoing, writing } };
  }

  /** A text is the reason why there is nothing to write. */
  async #write(job: TakenJob, via: Via): Promise<Writing | string> {
    if (job.purpose === 'copy') return this.#copy(job, via);
    return job.purpose === 'confirmation' ? this.#confirmation(job, via) : this.#notice(job, via);
  }

  async #copy({ rule, workspaceId, inboundMessageId }: Of<'copy'>, via: Via): Promise<Writing | string> {
    if (!rule.enabled) return 'rule_disabled';
    if (rule.confirmedAt === null) return 'not_confirmed';
    const message = await this.rpc
      .call(readMessage, { ...systemCaller(workspaceId), id: inboundMessageId })
      .catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    if (message?.content == null) return 'message_purged';
    const forwardable: Forwardable = { ...message, content: message.content };
    const words = [forwardable.content.subject?.reveal() ?? '', wordsOf(forwardable.content)];
    return loopReason(forwardable.content, words) ?? composeCopy(forwardable, via);
  }

  #confirmation({ id, rule }: Of<'confirmation'>, via: Via): Writing | string {
    if (rule.confirmedAt !== null) return 'confirmed';
    const link = this.confirmations.urlOf(id);
    return link === null ? 'no_public_url' : composeConfirmation(link, via);
  }

  #notice({ challenge }: Of<'notice'>, via: Via): Writing | string {
    if (challenge?.status !== 'pending' || challenge.expiresAt.getTime() <= this.now()) return 'challenge_over';
    if (!this.destinations.canSend(via)) return `${via}_not_configured`;
    const link = this.pages.pageUrl(challenge.id);
    return link === null ? 'no_public_url' : composeNotice(link, challenge, via);
  }

  #addressOf({ seat }: Of<'notice'>): string | null {
    return seat === null ? null : this.destinations.addressOf(seat);
  }
}
