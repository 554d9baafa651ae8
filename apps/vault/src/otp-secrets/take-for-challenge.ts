import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, takeForChallenge, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, Prisma, type OtpSecret, type Transaction } from '@otpost/database';
import { open, seal } from '@otpost/envelope';
import { generateHotp, timeStep } from '@otpost/otp';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../audit/record-audit.js';
import { receivedCodePlace } from '../credentials/read-received-code.js';
import { DataKeys } from '../keys/data-keys.js';
import { seedPlace } from './otp-secret-rows.js';
import { stepForChallenge } from './time-step-leases.js';

type Request = RequestOf<typeof takeForChallenge>;
type Taken = ResponseOf<typeof takeForChallenge>;

/** After its challenge's end an undelivered code is kept for so long at the most. */
const graceSeconds = 60;

/**
 * Makes the code of an OTP secret for one challenge. It is kept as a received code of that challenge, sealed, so that it leaves, is
 * repeated, acknowledged and wiped in the one way in which every code is (docs/adr/0040).
 */
@Injectable()
export class TakeForChallenge {
  /** Present time, epoch milliseconds; a test's own. */
  now: () => number = Date.now;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  /** @throws AppError `not_found`; `conflict` where a counter is at its end */
  async take(request: Request): Promise<Taken> {
    try {
      return await this.database.withWorkspace(request.workspace_id, (tx) => this.#take(tx, request));
    } catch (error) {
      if (!isTakenAlready(error)) throw error;
      // Asked twice at once: the other one's transaction was first, and ours has left no trace, no counter step either.
      return this.database.withWorkspace(request.workspace_id, (tx) => this.#take(tx, request));
    }
  }

  async #take(tx: Transaction, request: Request): Promise<Taken> {
    const row = await tx.otpSecret.findUnique({ where: { id: request.otp_secret_id } });
    if (row === null) throw notFound('OTP secret');
    const held = await tx.receivedCode.findUnique({ where: { challengeId: request.challenge_id } });
    if (held !== null) {
      const isTotp = row.type === 'totp' && held.channel === 'authenticator';
      return { type: 'taken', received_code_id: held.id, valid_until: isTotp ? held.freshUntil.toISOString() : null };
    }
    return row.type === 'hotp' ? this.#takeHotp(tx, request, row) : this.#takeTotp(tx, request, row);
  }

  async #takeTotp(tx: Transaction, request: Request, row: OtpSecret): Promise<Taken> {
    const periodSeconds = row.period ?? 30;
    const chosen = await stepForChallenge(tx, request, { ...row, periodSeconds }, this.now);
    const { validFromMs, validUntilMs } = timeStep({ periodSeconds, atMs: chosen * periodSeconds * 1_000 });
    if (validFromMs > this.now()) return { type: 'wait', opens_at_ms: validFromMs };
    await recordAudit(tx, request, {
      workspaceId: row.workspaceId,
      action: 'otp_secret.code_read',
      resource: { type: 'otp_secret', id: row.id },
      details: { challenge_id: request.challenge_id },
    });
    const validUntil = new Date(validUntilMs);
    const id = await this.#keep(tx, request, row, chosen, validUntil);
    return { type: 'taken', received_code_id: id, valid_until: validUntil.toISOString() };
  }

  async #takeHotp(tx: Transaction, request: Request, row: OtpSecret): Promise<Taken> {
    const { actor, ip, request_id } = request;
    const [step] = await tx.$queryRaw<{ counter: bigint }[]>`
      SELECT counter FROM take_hotp_step(${uuidv7()}::uuid, ${row.workspaceId}::uuid, ${row.id}::uuid, ${actor.kind}, ${actor.id},
        ${ip}, ${request_id})`;
    if (step === undefined) throw new AppError('conflict', 'the counter has reached its end');
    const id = await this.#keep(tx, request, row, Number(step.counter), null);
    return { type: 'taken', received_code_id: id, valid_until: null };
  }

  /** @param validUntil null: the code is right until it is used */
  async #keep(tx: Transaction, request: Request, row: OtpSecret, counter: number, validUntil: Date | null) {
    const { workspaceId, algorithm, digits } = row;
    const id = uuidv7();
    const code = await this.dataKeys.use(workspaceId, row.dataKeyId, (key) => {
      const secret = open(key, row.secret, seedPlace(workspaceId, row.id)).reveal();
      try {
        return generateHotp({ secret, algorithm, digits, counter });
      } finally {
        secret.fill(0);
      }
    });
    const now = new Date(this.now());
    const wipeDueAt = new Date(Math.max(Date.parse(request.expires_at), now.getTime() + graceSeconds * 1_000));
    await this.dataKeys.useActive(tx, workspaceId, async (key) => {
      await tx.receivedCode.create({
        data: {
          id,
          workspaceId,
          credentialId: row.credentialId,
          channel: 'authenticator',
          kind: 'code',
          value: seal(key, code, receivedCodePlace(workspaceId, id)),
          dataKeyId: key.id,
          receivedAt: now,
          freshUntil: validUntil ?? wipeDueAt,
          challengeId: request.challenge_id,
          claimedAt: now,
          wipeDueAt,
        },
      });
    });
    return id;
  }
}

function isTakenAlready(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
}
