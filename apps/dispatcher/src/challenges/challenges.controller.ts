import { Controller, Inject } from '@nestjs/common';
import {
  acknowledgeChallenge,
  answerChallenge,
  cancelChallenge,
  getChallenge,
  interruptSession,
  listChallenges,
  notFound,
  openChallenge,
  readChallengePage,
  readSession,
  traceChallenge,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, findChallengeWorkspace } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import type { AnswerSchema } from '../interactions/answer-schema.js';
import { AnswerChallenge } from '../interactions/answer-challenge.js';
import { CancelChallenge } from './cancel-challenge.js';
import { OpenAndTry } from './open-and-try.js';
import { ReadChallenge } from './read-challenge.js';
import { Sessions } from './sessions.js';

/** Requests for one code each. */
@Controller()
export class ChallengesController {
  constructor(
    @Inject(OpenAndTry) private readonly openAndTry: OpenAndTry,
    @Inject(ReadChallenge) private readonly readChallenge: ReadChallenge,
    @Inject(CancelChallenge) private readonly cancelChallenge: CancelChallenge,
    @Inject(AnswerChallenge) private readonly answerChallenge: AnswerChallenge,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Rpc(openChallenge)
  open(request: RequestOf<typeof openChallenge>): Promise<ResponseOf<typeof openChallenge>> {
    return this.openAndTry.run(request);
  }

  @Rpc(getChallenge)
  get(request: RequestOf<typeof getChallenge>): Promise<ResponseOf<typeof getChallenge>> {
    return this.readChallenge.deliver(request);
  }

  @Rpc(traceChallenge)
  trace(request: RequestOf<typeof traceChallenge>): Promise<ResponseOf<typeof traceChallenge>> {
    return this.readChallenge.trace(request);
  }

  @Rpc(listChallenges)
  list(request: RequestOf<typeof listChallenges>): Promise<ResponseOf<typeof listChallenges>> {
    return this.readChallenge.list(request);
  }

  @Rpc(cancelChallenge)
  cancel(request: RequestOf<typeof cancelChallenge>): Promise<ResponseOf<typeof cancelChallenge>> {
    return this.cancelChallenge.run(request);
  }

  @Rpc(acknowledgeChallenge)
  acknowledge(request: RequestOf<typeof acknowledgeChallenge>): Promise<ResponseOf<typeof acknowledgeChallenge>> {
    return this.readChallenge.acknowledge(request);
  }

  @Rpc(answerChallenge)
  answer(request: RequestOf<typeof answerChallenge>): Promise<ResponseOf<typeof answerChallenge>> {
    return this.answerChallenge.run(request);
  }

  @Rpc(interruptSession)
  async interrupt(request: RequestOf<typeof interruptSession>): Promise<ResponseOf<typeof interruptSession>> {
    return { cancelled: await this.sessions.interrupt(request) };
  }

  @Rpc(readSession)
  session(request: RequestOf<typeof readSession>): Promise<ResponseOf<typeof readSession>> {
    return this.sessions.read(request);
  }
}

/** What people see who have nothing but the link. */
@Controller()
export class ChallengePageController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Rpc(readChallengePage)
  async page({ id }: RequestOf<typeof readChallengePage>): Promise<ResponseOf<typeof readChallengePage>> {
    const workspaceId = await findChallengeWorkspace(this.database.pool, id);
    const row =
      workspaceId === undefined
        ? null
        : await this.database.withWorkspace(workspaceId, (tx) => tx.challenge.findUnique({ where: { id } }));
    if (row === null || !row.factors.includes('user')) throw notFound('challenge');
    const isOver = row.status === 'pending' && row.expiresAt <= new Date();
    return {
      workspace_id: row.workspaceId,
      status: isOver ? 'expired' : row.status,
      message: row.message,
      current_step: row.currentStep,
      schema: row.schema as AnswerSchema,
      expires_at: row.expiresAt.toISOString(),
    };
  }
}
