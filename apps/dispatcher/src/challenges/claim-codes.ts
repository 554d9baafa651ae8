import { Controller, Inject, Injectable } from '@nestjs/common';
import { receivedCodeDeposited, type PayloadOf } from '@otpost/contracts';
import { claimReceivedCodes, Database, type Transaction } from '@otpost/database';
import { OnEvent } from '@otpost/messaging';
import { announceResolved } from './challenge-events.js';
import { ChallengeNews } from './challenge-news.js';

/** Gives codes that came by e-mail or SMS to the challenges that wait for them. */
@Injectable()
export class ClaimCodes {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ChallengeNews) private readonly news: ChallengeNews,
  ) {}

  /** Safe at any time, and by many at once. @returns the challenges that are resolved by it */
  async claim(workspaceId: string, credentialId: string): Promise<string[]> {
    const resolved = await this.database.withWorkspace(workspaceId, (tx) => claimCodes(tx, credentialId));
    await this.news.tell(workspaceId, resolved);
    return resolved;
  }
}

/** The vault tells of each deposit. Lost word does no harm: the sweeper looks too. */
@Controller()
export class DepositsController {
  constructor(@Inject(ClaimCodes) private readonly claimCodes: ClaimCodes) {}

  @OnEvent(receivedCodeDeposited)
  async onDeposit({ workspace_id, credential_id }: PayloadOf<typeof receivedCodeDeposited>): Promise<void> {
    await this.claimCodes.claim(workspace_id, credential_id);
  }
}

/** The same in a transaction of the caller's, who tells of it once that is committed. */
export async function claimCodes(tx: Transaction, credentialId: string): Promise<string[]> {
  const claimed = await claimReceivedCodes(tx, credentialId);
  for (const { challengeId, factor } of claimed) {
    const row = await tx.challenge.findUniqueOrThrow({ where: { id: challengeId } });
    await announceResolved(tx, row, factor);
  }
  return claimed.map(({ challengeId }) => challengeId);
}
