import { Inject, Injectable } from '@nestjs/common';
import { notFound, type readSession, type RequestOf, type ResponseOf, type WorkspaceCaller } from '@otpost/contracts';
import { Database, type Challenge } from '@otpost/database';
import { CancelChallenge } from './cancel-challenge.js';
import { viewOfChallenge } from './challenge-rows.js';

const mostShown = 100;

/** An agent's run, as far as its challenges tell of it. */
@Injectable()
export class Sessions {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CancelChallenge) private readonly cancelChallenge: CancelChallenge,
  ) {}

  /** @throws AppError `not_found` for a session that no challenge names */
  async read(request: RequestOf<typeof readSession>): Promise<ResponseOf<typeof readSession>> {
    const rows = await this.#challenges(request.workspace_id, request.session_id);
    return {
      session_id: request.session_id,
      workflow_id: rows.findLast(({ workflowId }) => workflowId !== null)?.workflowId ?? null,
      challenges: rows.map(viewOfChallenge),
    };
  }

  /** @returns how many were open, and are cancelled now */
  async interrupt(request: WorkspaceCaller & { session_id: string }): Promise<number> {
    const rows = await this.#challenges(request.workspace_id, request.session_id);
    const open = rows.filter(({ status }) => status === 'pending');
    const cancelled = await Promise.all(open.map(({ id }) => this.cancelChallenge.attempt({ ...request, id })));
    return cancelled.filter(({ verdict }) => verdict.allowed).length;
  }

  async #challenges(workspaceId: string, sessionId: string): Promise<Challenge[]> {
    const newestFirst = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.challenge.findMany({ where: { workspaceId, sessionId }, orderBy: { id: 'desc' }, take: mostShown }),
    );
    if (newestFirst.length === 0) throw notFound('session');
    return newestFirst.reverse();
  }
}
