import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  makeSetupToken,
  notFound,
  type inviteSeat,
  type RequestOf,
  type ResponseOf,
  type Scope,
} from '@otpost/contracts';
import { Database, Prisma, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { viewOfSeatSignIn } from './seat-sign-in-rows.js';
import { SeatSessions } from './seat-sessions.js';

type Invitation = RequestOf<typeof inviteSeat>;

/** Lets a seat set up how it signs in. Only an API key may, and gives away no more than it has: the sign-in outlives every session. */
@Injectable()
export class InviteSeat {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(SeatSessions) private readonly sessions: SeatSessions,
  ) {}

  async run(request: Invitation): Promise<ResponseOf<typeof inviteSeat>> {
    const { workspace_id: workspaceId, seat_id: seatId, idempotency } = request;
    let ended: string[] = [];
    const answer = await this.database.withWorkspace(workspaceId, async (tx) => {
      await assertMayGive(tx, request);
      const created = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => {
          const token = makeSetupToken(workspaceId, seatId);
          await this.#write(tx, request, token.hash);
          ended = await this.sessions.end(tx, seatId);
          const { scopes } = request;
          const resource = { type: 'seat', id: seatId };
          await recordAudit(tx, request, { workspaceId, action: 'seat.invited', resource, details: { scopes } });
          return { resourceId: seatId, shownOnce: token.text };
        },
      });
      const row = await tx.seatSignIn.findUnique({ where: { id: created.resourceId } });
      if (row === null) throw notFound('seat');
      return { sign_in: viewOfSeatSignIn(row, Date.now()), token: created.shownOnce, status: created.status };
    });
    await this.sessions.tell(ended);
    return answer;
  }

  async #write(tx: Transaction, request: Invitation, setupHash: Uint8Array<ArrayBuffer>): Promise<void> {
    const { workspace_id: workspaceId, seat_id: id } = request;
    const data = {
      name: request.name.trim().toLowerCase(),
      scopes: [...new Set(request.scopes)],
      setupHash,
      setupExpiresAt: new Date(Date.now() + request.ttl_seconds * 1_000),
    };
    try {
      await tx.seatSignIn.upsert({ where: { id }, create: { id, workspaceId, ...data }, update: data });
    } catch (error) {
      if (!(error instanceof Prisma.PrismaClientKnownRequestError)) throw error;
      if (error.code === 'P2003') throw notFound('seat');
      if (error.code !== 'P2002') throw error;
      throw new AppError('already_exists', 'another seat of the workspace signs in with this address', {
        cause: error,
      });
    }
  }
}

async function assertMayGive(tx: Transaction, { actor, scopes }: Invitation): Promise<void> {
  const key = actor.kind === 'api_key' ? await tx.apiKey.findUnique({ where: { id: actor.id } }) : null;
  if (key === null || key.parentId !== null || key.seatId !== null)
    throw new AppError('forbidden', 'a session invites nobody: use the API key');
  const own = key.scopes as Scope[];
  const missing = scopes.find((scope) => !own.includes(scope));
  if (missing !== undefined) throw new AppError('forbidden', `the API key lacks the scope ${missing} itself`);
}
