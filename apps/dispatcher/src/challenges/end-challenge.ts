import { Inject, Injectable } from '@nestjs/common';
import { Database, type Challenge, type Factor, type Transaction } from '@otpost/database';
import { announceFailed, announceResolved } from './challenge-events.js';
import { ChallengeNews } from './challenge-news.js';
import { endChallenge, type Ending, type Verdict } from './challenge-state.js';

/** What a challenge is resolved with: the code is the vault's. */
export interface Resolution {
  factor: Factor;
  receivedCodeId: string;
  /** When the code stops being right by itself. */
  validUntil: Date | null;
}

export interface Ended {
  row: Challenge;
  verdict: Verdict;
}

/** What else is written in the transaction in which it ends, only if it does. */
type Also = (tx: Transaction) => Promise<void>;

/** The one way, beside the claim of inbound codes, in which challenges end: under the row's lock, with their events. */
@Injectable()
export class EndChallenge {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ChallengeNews) private readonly news: ChallengeNews,
  ) {}

  async resolve(workspaceId: string, id: string, resolution: Resolution, also?: Also): Promise<Ended | undefined> {
    return this.#end(workspaceId, id, 'resolve', resolution, also);
  }

  /** @returns undefined: there is no such challenge in this workspace */
  async end(
    workspaceId: string,
    id: string,
    ending: Exclude<Ending, 'resolve'>,
    also?: Also,
  ): Promise<Ended | undefined> {
    return this.#end(workspaceId, id, ending, undefined, also);
  }

  async #end(workspaceId: string, id: string, ending: Ending, resolution?: Resolution, also?: Also) {
    const ended = await this.database.withWorkspace(workspaceId, async (tx) => {
      const locked = await lockChallenge(tx, id);
      if (locked === undefined) return undefined;
      const verdict = endChallenge(locked.row, ending, locked.now);
      if (!verdict.allowed) return { row: locked.row, verdict };
      const row = await tx.challenge.update({
        where: { id },
        data: {
          status: verdict.status,
          endedAt: locked.now,
          ...(resolution === undefined
            ? { reason: ending }
            : {
                factor: resolution.factor,
                receivedCodeId: resolution.receivedCodeId,
                codeValidUntil: resolution.validUntil,
              }),
        },
      });
      if (resolution !== undefined) await announceResolved(tx, row, resolution.factor);
      else await announceFailed(tx, row, reasonOf[ending as keyof typeof reasonOf]);
      await also?.(tx);
      return { row, verdict };
    });
    if (ended?.verdict.allowed === true) await this.news.tell(workspaceId, [id]);
    return ended;
  }
}

const reasonOf = { expire: 'expired', cancel: 'cancelled', fail: 'invalid' } as const;

/** The row, locked until the transaction ends, and the time when the lock was had: whoever waited for it looks at the clock after. */
export async function lockChallenge(tx: Transaction, id: string): Promise<{ row: Challenge; now: Date } | undefined> {
  const [locked] = await tx.$queryRaw<{ now: Date }[]>`
    WITH locked AS MATERIALIZED (SELECT id FROM challenge WHERE id = ${id}::uuid FOR UPDATE)
    SELECT clock_timestamp() AS now FROM locked`;
  if (locked === undefined) return undefined;
  return { row: await tx.challenge.findUniqueOrThrow({ where: { id } }), now: locked.now };
}
