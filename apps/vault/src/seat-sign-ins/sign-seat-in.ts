import { Inject, Injectable } from '@nestjs/common';
import { AppError, type RequestOf, type signSeatIn } from '@otpost/contracts';
import { Database, type SeatSignIn, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { DataKeys } from '../keys/data-keys.js';
import { acceptedTimeStep } from './accepted-time-step.js';
import { PasswordHashes } from './password-hashes.js';
import { openProof, type Proof } from './seat-sign-in-rows.js';
import { SeatSessions, type SeatSession } from './seat-sessions.js';

type Attempt = RequestOf<typeof signSeatIn>;
/** For the audit alone. */
type Refusal = 'no_such_seat' | 'password' | 'code' | 'code_used';

/** Of nobody's authenticator: its codes are compared where there is no seat. */
const nobodysSeed = new Uint8Array(20);

/**
 * Password and code, together or not at all. Whoever gives a wrong one, or one of a seat that is not there, is answered the same, after
 * the same work: a hash, three codes, a look at the workspace's key, an audit entry.
 */
@Injectable()
export class SignSeatIn {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(PasswordHashes) private readonly passwords: PasswordHashes,
    @Inject(SeatSessions) private readonly sessions: SeatSessions,
  ) {}

  async run(attempt: Attempt): Promise<SeatSession> {
    const { workspace_id: workspaceId } = attempt;
    const found = await this.#find(attempt);
    const proof = await this.#proofOf(found, workspaceId);
    const hasPassword = await this.passwords.matches(proof?.passwordHash ?? null, attempt.password);
    const now = Date.now();
    const step = acceptedTimeStep(proof?.seed ?? nobodysSeed, attempt.code, now);
    proof?.seed.fill(0);
    if (found.workspaceExists) {
      const outcome = await this.database.withWorkspace(workspaceId, async (tx) => {
        const refusal = refusalOf(proof !== null, hasPassword, step);
        const row =
          refusal === null && found.row !== null && step !== null ? await takeStep(tx, found.row, step, now) : null;
        if (row !== null) return this.#signIn(tx, attempt, row, now);
        await recordFailure(tx, attempt, found.row, refusal ?? 'code_used');
        return null;
      });
      if (outcome !== null) return outcome;
    }
    throw new AppError('unauthenticated', 'the address, the password or the code is not right');
  }

  async #find({
    workspace_id: workspaceId,
    name,
  }: Attempt): Promise<{ workspaceExists: boolean; row: SeatSignIn | null }> {
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const workspace = await tx.workspace.findUnique({ where: { id: workspaceId }, select: { id: true } });
      const row = await tx.seatSignIn.findUnique({
        where: { workspaceId_name: { workspaceId, name: name.trim().toLowerCase() } },
      });
      return { workspaceExists: workspace !== null, row: row?.confirmedAt == null ? null : row };
    });
  }

  async #proofOf({ workspaceExists, row }: { workspaceExists: boolean; row: SeatSignIn | null }, workspaceId: string) {
    if (row !== null) return openProof(this.dataKeys, row);
    // Unwrapping the workspace's key may take a call to a KMS: then it does for an unknown seat too.
    if (workspaceExists) {
      const id = await this.dataKeys.activeId(workspaceId, this.database.pool);
      await this.dataKeys.use(workspaceId, id, () => undefined);
    }
    return null satisfies Proof | null;
  }

  async #signIn(tx: Transaction, attempt: Attempt, row: SeatSignIn, nowMs: number): Promise<SeatSession> {
    const { workspaceId, id } = row;
    const caller = { ...attempt, actor: { kind: 'seat' as const, id } };
    await recordAudit(tx, caller, { workspaceId, action: 'seat.signed_in', resource: { type: 'seat', id } });
    return this.sessions.start(tx, row, attempt, nowMs);
  }
}

function refusalOf(isKnown: boolean, hasPassword: boolean, step: number | null): Refusal | null {
  if (!isKnown) return 'no_such_seat';
  if (!hasPassword) return 'password';
  return step === null ? 'code' : null;
}

/**
 * Each time step is accepted once, whoever asks at the same time; and never one before the last (RFC 6238, section 5.2).
 *
 * @returns the row as it is by now: its scopes may be fewer than when the password was looked at. Null: not accepted
 */
async function takeStep(
  tx: Transaction,
  { id, confirmedAt }: SeatSignIn,
  step: number,
  nowMs: number,
): Promise<SeatSignIn | null> {
  const [row] = await tx.seatSignIn.updateManyAndReturn({
    // Confirmed since then: another password and another authenticator.
    where: { id, confirmedAt, OR: [{ lastTimeStep: null }, { lastTimeStep: { lt: BigInt(step) } }] },
    data: { lastTimeStep: BigInt(step), lastSignedInAt: new Date(nowMs) },
  });
  return row ?? null;
}

/** Without the name that was given: somebody may have typed the password into its field. */
async function recordFailure(tx: Transaction, attempt: Attempt, row: SeatSignIn | null, reason: Refusal) {
  await recordAudit(tx, attempt, {
    workspaceId: attempt.workspace_id,
    action: 'seat.sign_in_failed',
    resource: { type: 'seat', id: row?.id ?? null },
    details: { reason },
  });
}
