import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  challengeDeadlines,
  challengeTarget,
  describeFactors,
  fieldError,
  sendForwarding,
  type ChallengeTarget,
  type NewChallenge,
  type openChallenge,
  type RequestOf,
} from '@otpost/contracts';
import { Database, Prisma, type Challenge, type Transaction } from '@otpost/database';
import { JobQueues, RpcClient } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { clock, type Clock } from '../clock.js';
import { tellSeats } from '../forwarding/tell-seats.js';
import { runOnce } from '../idempotency/run-once.js';
import { assertUsableSchema, defaultSchema } from '../interactions/answer-schema.js';
import { announceWaiting } from './challenge-events.js';
import { ChallengeNews } from './challenge-news.js';
import { claimCodes } from './claim-codes.js';
import { asksHuman, factorLadder, type Described } from './factor-ladder.js';

type Request = RequestOf<typeof openChallenge>;

/** So long before its opening a code may have come: the site sends it when the prompt appears, the agent asks a moment later. */
const sinceSeconds = 10;

/** Opens challenges. */
@Injectable()
export class OpenChallenge {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(JobQueues) private readonly queues: JobQueues,
    @Inject(ChallengeNews) private readonly news: ChallengeNews,
    @Inject(clock) private readonly now: Clock,
  ) {}

  /** @throws AppError `not_found`, `no_second_factor`, `validation_failed`, those of an Idempotency-Key */
  async run(request: Request): Promise<{ id: string; status: number }> {
    const { workspace_id: workspaceId, challenge, idempotency, actor, ip, request_id } = request;
    if (challenge.schema !== undefined) assertUsableSchema(challenge.schema);
    const target = targetOf(challenge);
    const described = await this.rpc.call(describeFactors, {
      workspace_id: workspaceId,
      actor,
      ip,
      request_id,
      target,
    });
    const now = new Date(this.now());
    let resolved: string[] = [];
    let notices: string[] = [];
    const opened = await this.database.withWorkspace(workspaceId, (tx) =>
      runOnce(tx, { workspaceId, idempotency, now }, async () => {
        const row = await insertChallenge(tx, request, described, now);
        if (asksHuman(row.factors)) {
          await announceWaiting(tx, row);
          notices = await tellSeats(tx, row);
        }
        await recordAudit(tx, request, {
          action: 'challenge.opened',
          resource: { type: 'challenge', id: row.id },
          details: { factors: row.factors, exclusive: row.exclusive },
        });
        // In the same transaction: a code that was there before the challenge has it now, one that comes later sees the challenge.
        if (row.credentialId !== null) resolved = await claimCodes(tx, row.credentialId);
        return { status: 201, resourceId: row.id };
      }),
    );
    const id = opened.resourceId ?? '';
    if (!opened.replayed) {
      const dueAt = now.getTime() + challenge.expires_in_seconds * 1_000;
      // Lost or refused by Redis, the sweeper knows the deadline from the row.
      const deadline = { workspace_id: workspaceId, challenge_id: id };
      void this.queues.add(challengeDeadlines, deadline, { dueAt }).catch(() => undefined);
      for (const forwarding_job_id of notices) {
        void this.queues.add(sendForwarding, { workspace_id: workspaceId, forwarding_job_id }).catch(() => undefined);
      }
      if (resolved.length > 0) await this.news.tell(workspaceId, resolved);
      else void this.news.tellEvents(workspaceId);
    }
    return { id, status: opened.status };
  }
}

async function insertChallenge(tx: Transaction, request: Request, described: Described, now: Date): Promise<Challenge> {
  const { workspace_id: workspaceId, challenge, actor } = request;
  await assertSeats(tx, challenge.seat_ids);
  const { otp_secret_id, metadata } = challenge;
  return tx.challenge.create({
    data: {
      id: uuidv7(),
      workspaceId,
      credentialId: described.credential_id,
      otpSecretId: otp_secret_id ?? null,
      sessionId: challenge.session_id ?? uuidv7(),
      workflowId: challenge.workflow_id ?? null,
      currentStep: challenge.current_step ?? null,
      message: challenge.message ?? null,
      clientId: challenge.client_id ?? null,
      metadata: metadata == null ? Prisma.DbNull : (metadata as Prisma.InputJsonObject),
      schema: challenge.schema ?? defaultSchema,
      seatIds: challenge.seat_ids,
      factors: factorLadder(challenge, described),
      exclusive: challenge.exclusive,
      minValiditySeconds: challenge.min_validity_seconds ?? null,
      since: challenge.since === undefined ? new Date(now.getTime() - sinceSeconds * 1_000) : new Date(challenge.since),
      openedByKeyId: actor.id,
      createdAt: now,
      expiresAt: new Date(now.getTime() + challenge.expires_in_seconds * 1_000),
    },
  });
}

/** Exactly one of the three ways to name it. */
function targetOf({ credential_id, permissioned_user_id, domain, otp_secret_id }: NewChallenge): ChallengeTarget {
  const given = Object.entries({ credential_id, permissioned_user_id, domain, otp_secret_id }).filter(
    ([, value]) => value !== undefined,
  );
  const target = challengeTarget.safeParse(Object.fromEntries(given));
  if (target.success) return target.data;
  throw fieldError(
    'credential_id',
    'name one target: credential_id, permissioned_user_id with domain, or otp_secret_id',
  );
}

async function assertSeats(tx: Transaction, seatIds: readonly string[]): Promise<void> {
  if (seatIds.length === 0) return;
  const known = await tx.seat.findMany({ where: { id: { in: [...seatIds] } }, select: { id: true } });
  const unknown = seatIds.find((id) => !known.some((seat) => seat.id === id));
  if (unknown !== undefined) throw fieldError('seat_ids', `there is no seat ${unknown}`);
}
