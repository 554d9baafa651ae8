import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  notFound,
  openReceivedCode,
  wipeReceivedCode,
  type acknowledgeChallenge,
  type ChallengeTrace,
  type ChallengeView,
  type getChallenge,
  type listChallenges,
  type RequestOf,
  type ResponseOf,
  type traceChallenge,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { RpcClient } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { codeOf, readChallengeRow, traceOfChallenge, viewOfChallenge } from './challenge-rows.js';
import { isDeliverable } from './challenge-state.js';

/** Challenges as their agents see them; and the way in which a code gets to one. */
@Injectable()
export class ReadChallenge {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /**
   * With its code while that is delivered. The vault opens it, says for how long it may be asked for again, and wipes it: what it no
   * longer has is not delivered, whatever the row here says.
   */
  async deliver(request: RequestOf<typeof getChallenge>): Promise<ResponseOf<typeof getChallenge>> {
    const { id, ...caller } = request;
    const { workspace_id: workspaceId } = caller;
    const row = await readChallengeRow(this.database.pool, workspaceId, id);
    if (row === undefined) throw notFound('challenge');
    const view = viewOfChallenge(row);
    if (!isDeliverable(row, new Date(this.now()))) return { ...view, delivery: null };
    const { received_code } = await this.rpc.call(openReceivedCode, { ...caller, challenge_id: id });
    if (received_code === null) return { ...view, delivery: null };
    // The agent does not wait for this note: the vault counts the 60 s itself.
    if (row.firstDeliveredAt === null) void this.#noteDelivery(workspaceId, id).catch(() => undefined);
    return { ...view, delivery: codeOf(row, received_code, this.now()) };
  }

  async trace({ workspace_id: workspaceId, id }: RequestOf<typeof traceChallenge>): Promise<ChallengeTrace> {
    const row = await readChallengeRow(this.database.pool, workspaceId, id);
    if (row === undefined) throw notFound('challenge');
    return traceOfChallenge(row);
  }

  /** Newest first. */
  async list(request: RequestOf<typeof listChallenges>): Promise<ResponseOf<typeof listChallenges>> {
    const { workspace_id: workspaceId, status, session_id: sessionId, page } = request;
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.challenge.findMany({
        where: {
          workspaceId,
          ...(status === null ? {} : { status }),
          ...(sessionId === null ? {} : { sessionId }),
          ...(page.cursor == null ? {} : { id: { lt: page.cursor } }),
        },
        orderBy: { id: 'desc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map(viewOfChallenge);
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** Again and again with the same result. @throws AppError `conflict` unless it is resolved */
  async acknowledge(request: RequestOf<typeof acknowledgeChallenge>): Promise<ChallengeView> {
    const { id, ...caller } = request;
    const row = await this.database.withWorkspace(caller.workspace_id, async (tx) => {
      const found = await tx.challenge.findUnique({ where: { id } });
      if (found === null) throw notFound('challenge');
      if (found.status !== 'resolved') throw new AppError('conflict', `the challenge is ${found.status}, not resolved`);
      if (found.acknowledgedAt !== null) return found;
      await recordAudit(tx, caller, { action: 'challenge.acknowledged', resource: { type: 'challenge', id } });
      return tx.challenge.update({ where: { id }, data: { acknowledgedAt: new Date(this.now()) } });
    });
    await this.rpc.call(wipeReceivedCode, { ...caller, challenge_id: id, reason: 'acknowledged' });
    return viewOfChallenge(row);
  }

  async #noteDelivery(workspaceId: string, id: string): Promise<void> {
    await this.database.withWorkspace(workspaceId, (tx) =>
      tx.challenge.updateMany({
        where: { id, firstDeliveredAt: null },
        data: { firstDeliveredAt: new Date(this.now()) },
      }),
    );
  }
}
