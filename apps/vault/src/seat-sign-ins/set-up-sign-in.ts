import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  fieldError,
  parseSetupToken,
  type beginSeatSetup,
  type confirmSeatSetup,
  type RequestOf,
  type ResponseOf,
  type SetupToken,
} from '@otpost/contracts';
import { Database, type SeatSignIn, type Transaction } from '@otpost/database';
import { equalInConstantTime, Secret } from '@otpost/envelope';
import { buildOtpauthUri, encodeSecret, generateSecret, OTP_DEFAULTS } from '@otpost/otp';
import { recordAudit } from '../audit/record-audit.js';
import { DataKeys } from '../keys/data-keys.js';
import { acceptedTimeStep } from './accepted-time-step.js';
import { PasswordHashes } from './password-hashes.js';
import { openProof, sealProof } from './seat-sign-in-rows.js';
import { SeatSessions, type SeatSession } from './seat-sessions.js';

/** What the seat does with its link: a password, an authenticator, and one code of it, which ends the link and signs in. */
@Injectable()
export class SetUpSignIn {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(PasswordHashes) private readonly passwords: PasswordHashes,
    @Inject(SeatSessions) private readonly sessions: SeatSessions,
  ) {}

  /** May be done again until it is confirmed: each time there is a new secret, and the one before is worth nothing. */
  async begin(request: RequestOf<typeof beginSeatSetup>): Promise<ResponseOf<typeof beginSeatSetup>> {
    const token = tokenOf(request);
    // Before the hash, which is work that nobody gets without a link, and outside of a transaction, which would wait for it.
    await this.database.withWorkspace(token.workspaceId, (tx) => invited(tx, token));
    const passwordHash = await this.passwords.hash(request.password);
    const seed = generateSecret();
    let ended: string[] = [];
    const name = await this.database.withWorkspace(token.workspaceId, async (tx) => {
      const row = await invited(tx, token);
      const sealed = await sealProof(tx, this.dataKeys, row, { passwordHash, seed });
      await tx.seatSignIn.update({
        where: { id: row.id },
        data: { ...sealed, confirmedAt: null, lastTimeStep: null },
      });
      ended = await this.sessions.end(tx, row.id);
      const { workspaceId, id } = row;
      const caller = { ...request, actor: { kind: 'seat' as const, id } };
      // What it signed in with before is worth nothing from here on: a link in wrong hands shows.
      await recordAudit(tx, caller, { workspaceId, action: 'seat.setup_begun', resource: { type: 'seat', id } });
      return row.name;
    });
    await this.sessions.tell(ended);
    const { algorithm, digits, periodSeconds } = OTP_DEFAULTS;
    const uri = buildOtpauthUri({
      type: 'totp',
      issuer: 'otpost',
      label: name,
      secret: seed,
      algorithm,
      digits,
      periodSeconds,
    });
    const secret = encodeSecret(seed);
    seed.fill(0);
    return { name, secret: new Secret(secret), otpauth_uri: new Secret(uri) };
  }

  async confirm(request: RequestOf<typeof confirmSeatSetup>): Promise<SeatSession> {
    const token = tokenOf(request);
    return this.database.withWorkspace(token.workspaceId, async (tx) => {
      const row = await invited(tx, token);
      const proof = row.confirmedAt === null ? await openProof(this.dataKeys, row) : null;
      if (proof === null) throw new AppError('conflict', 'set a password first');
      const now = Date.now();
      const step = acceptedTimeStep(proof.seed, request.code, now);
      proof.seed.fill(0);
      if (step === null) throw fieldError('code', 'is not the code that the authenticator shows now');
      await tx.seatSignIn.update({
        where: { id: row.id },
        data: {
          setupHash: null,
          setupExpiresAt: null,
          confirmedAt: new Date(now),
          lastSignedInAt: new Date(now),
          lastTimeStep: BigInt(step),
        },
      });
      const { workspaceId, id } = row;
      const caller = { ...request, actor: { kind: 'seat' as const, id } };
      await recordAudit(tx, caller, { workspaceId, action: 'seat.sign_in_set_up', resource: { type: 'seat', id } });
      return this.sessions.start(tx, row, request, now);
    });
  }
}

function tokenOf({ token, workspace_id }: { token: Secret; workspace_id: string }): SetupToken {
  const parsed = parseSetupToken(token);
  if (parsed?.workspaceId !== workspace_id) throw over();
  return parsed;
}

/** The row that the token is of, locked: one may use it at a time. */
async function invited(tx: Transaction, { seatId, hash }: SetupToken): Promise<SeatSignIn> {
  await tx.$queryRaw`SELECT id FROM seat_sign_in WHERE id = ${seatId}::uuid FOR UPDATE`;
  const row = await tx.seatSignIn.findUnique({ where: { id: seatId } });
  const isIt = row?.setupHash != null && equalInConstantTime(row.setupHash, hash);
  if (!isIt || row.setupExpiresAt === null || row.setupExpiresAt.getTime() <= Date.now()) throw over();
  return row;
}

function over(): AppError {
  return new AppError('not_found', 'this link was used, has expired or was replaced: ask for a new one');
}
