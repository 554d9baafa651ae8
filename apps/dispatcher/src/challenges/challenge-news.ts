import { Inject, Injectable } from '@nestjs/common';
import { challengeChanged, fanOutEvents } from '@otpost/contracts';
import { Broadcast, JobQueues } from '@otpost/messaging';

/** Tells of what has been committed: the agents that wait, and the webhooks. What gets lost is found again from the rows. */
@Injectable()
export class ChallengeNews {
  constructor(
    @Inject(Broadcast) private readonly broadcast: Broadcast,
    @Inject(JobQueues) private readonly queues: JobQueues,
  ) {}

  async tell(workspaceId: string, challengeIds: readonly string[]): Promise<void> {
    if (challengeIds.length === 0) return;
    await Promise.allSettled([
      ...challengeIds.map((id) => this.broadcast.publish(challengeChanged, { id })),
      this.tellEvents(workspaceId),
    ]);
  }

  async tellEvents(workspaceId: string): Promise<void> {
    await this.queues.add(fanOutEvents, { workspace_id: workspaceId }).catch(() => undefined);
  }
}
