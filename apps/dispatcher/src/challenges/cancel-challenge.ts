import { Inject, Injectable } from '@nestjs/common';
import { AppError, challengeDeadlines, notFound, type ChallengeView, type WorkspaceCaller } from '@otpost/contracts';
import { JobQueues } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { viewOfChallenge } from './challenge-rows.js';
import { EndChallenge, type Ended } from './end-challenge.js';

/** Takes a challenge back. */
@Injectable()
export class CancelChallenge {
  constructor(
    @Inject(EndChallenge) private readonly endChallenge: EndChallenge,
    @Inject(JobQueues) private readonly queues: JobQueues,
  ) {}

  /** One that ended without a code stays as it is. @throws AppError `not_found`; `conflict` once it is resolved */
  async run(request: WorkspaceCaller & { id: string }): Promise<ChallengeView> {
    const { row } = await this.attempt(request);
    if (row.status === 'resolved') throw new AppError('conflict', 'the challenge is resolved: acknowledge it instead');
    return viewOfChallenge(row);
  }

  async attempt(request: WorkspaceCaller & { id: string }): Promise<Ended> {
    const { workspace_id: workspaceId, id } = request;
    const ended = await this.endChallenge.end(workspaceId, id, 'cancel', (tx) =>
      recordAudit(tx, request, { action: 'challenge.cancelled', resource: { type: 'challenge', id } }),
    );
    if (ended === undefined) throw notFound('challenge');
    if (!ended.verdict.allowed && ended.verdict.because === 'overdue') {
      return (await this.endChallenge.end(workspaceId, id, 'expire')) ?? ended;
    }
    const deadline = { workspace_id: workspaceId, challenge_id: id };
    void this.queues.remove(challengeDeadlines, deadline).catch(() => undefined);
    return ended;
  }
}
