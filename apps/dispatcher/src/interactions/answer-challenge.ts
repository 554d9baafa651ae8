import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  depositAnswer,
  notFound,
  wipeReceivedCode,
  type answerChallenge,
  type ChallengeView,
  type RequestOf,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { Database, type Challenge, type Transaction } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { readChallengeRow, viewOfChallenge } from '../challenges/challenge-rows.js';
import { EndChallenge } from '../challenges/end-challenge.js';
import { runOnce } from '../idempotency/run-once.js';
import { assertAnswers, propertyOfCode, type AnswerSchema } from './answer-schema.js';

type Request = RequestOf<typeof answerChallenge>;

/** Takes a human's answer, by whichever way it comes. */
@Injectable()
export class AnswerChallenge {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(EndChallenge) private readonly endChallenge: EndChallenge,
  ) {}

  /**
   * The vault keeps the answer first, then the row's lock decides whether the challenge has it: one that ended meanwhile never does.
   * @throws AppError `not_found`; `conflict` when it is not open, or asks no human; `validation_failed`, after which it is still open
   */
  async run(request: Request): Promise<ChallengeView> {
    const { to, answer: given, workspace_id: workspaceId, actor, ip, request_id } = request;
    const caller = { workspace_id: workspaceId, actor, ip, request_id };
    const earlier = await this.#earlier(request);
    if (earlier !== undefined) return earlier;
    const row = await this.#find(workspaceId, to);
    assertOpen(row);
    const answer = propertiesOf(given, row.schema as AnswerSchema);
    assertAnswers(row.schema as AnswerSchema, answer);
    const kept = await this.#keep(caller, row, answer);
    const ended = await this.endChallenge.resolve(
      workspaceId,
      row.id,
      { factor: 'user', receivedCodeId: kept.received_code_id, validUntil: null },
      async (tx) => {
        await runOnce(tx, onceOf(request), async () => {
          await recordAudit(tx, caller, { action: 'challenge.answered', resource: { type: 'challenge', id: row.id } });
          return { status: 200, resourceId: row.id };
        });
      },
    );
    if (ended?.verdict.allowed === true) return viewOfChallenge(ended.row);
    // This took so long that the sweeper was faster.
    if (kept.stored && ended?.row.receivedCodeId === kept.received_code_id) return viewOfChallenge(ended.row);
    // What a resolved one holds is its own code, and stays.
    if (ended?.row.status !== 'resolved')
      await this.rpc.call(wipeReceivedCode, { ...caller, challenge_id: row.id, reason: 'challenge_ended' });
    throw notOpen(ended?.row.status ?? 'cancelled');
  }

  /** What an earlier call with the same Idempotency-Key has resolved. A call that failed has left no record. */
  async #earlier(request: Request): Promise<ChallengeView | undefined> {
    if (request.idempotency === null) return undefined;
    try {
      return await this.database.withWorkspace(request.workspace_id, async (tx) => {
        const { resourceId } = await runOnce(tx, onceOf(request), () => Promise.reject(new NotYet()));
        return viewOfChallenge(await tx.challenge.findUniqueOrThrow({ where: { id: resourceId ?? '' } }));
      });
    } catch (error) {
      if (error instanceof NotYet) return undefined;
      throw error;
    }
  }

  async #find(workspaceId: string, to: Request['to']): Promise<Challenge> {
    if (!('id' in to)) return this.database.withWorkspace(workspaceId, (tx) => findInSession(tx, to.session_id));
    const row = await readChallengeRow(this.database.pool, workspaceId, to.id);
    if (row === undefined) throw notFound('challenge');
    return row;
  }

  #keep(caller: WorkspaceCaller, row: Challenge, answer: Record<string, unknown>) {
    const only = Object.keys(answer).length === 1 ? answer['code'] : undefined;
    const isCode = typeof only === 'string';
    return this.rpc.call(depositAnswer, {
      ...caller,
      challenge_id: row.id,
      credential_id: row.credentialId,
      kind: isCode ? 'code' : 'answer',
      answer: new Secret(isCode ? only : JSON.stringify(answer)),
      expires_at: row.expiresAt.toISOString(),
    });
  }
}

class NotYet extends Error {}

function onceOf({ workspace_id, idempotency }: Request) {
  return { workspaceId: workspace_id, idempotency, now: new Date() };
}

async function findInSession(tx: Transaction, sessionId: string): Promise<Challenge> {
  const oldest = await tx.challenge.findFirst({
    where: { sessionId, status: 'pending', factors: { has: 'user' }, expiresAt: { gt: new Date() } },
    orderBy: { id: 'asc' },
  });
  if (oldest !== null) return oldest;
  const known = await tx.challenge.findFirst({ where: { sessionId }, select: { id: true } });
  if (known === null) throw notFound('session');
  throw new AppError('conflict', 'nothing is asked in this session');
}

function assertOpen(row: Challenge): void {
  if (row.status !== 'pending') throw notOpen(row.status);
  if (row.expiresAt <= new Date()) throw notOpen('expired');
  if (!row.factors.includes('user')) throw new AppError('conflict', 'the challenge does not ask a human');
}

function notOpen(status: string): AppError {
  return new AppError('conflict', `the challenge is not open: it is ${status}`);
}

/** The answer as a dictionary. A bare code is that of the property that is asked for. */
function propertiesOf(given: Request['answer'], schema: AnswerSchema): Record<string, unknown> {
  if ('code' in given) return { [propertyOfCode(schema)]: given.code.reveal() };
  return given.properties.reveal() as Record<string, unknown>;
}
