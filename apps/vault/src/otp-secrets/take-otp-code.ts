import { Inject, Injectable } from '@nestjs/common';
import {
  AppError,
  fieldError,
  notFound,
  resyncHotp,
  takeOtpCode,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, orUnavailable, type OtpSecret, type Transaction } from '@otpost/database';
import { open, Secret } from '@otpost/envelope';
import { generateHotp, resynchronise, type HotpAccount, type OtpAlgorithm } from '@otpost/otp';
import { v7 as uuidv7 } from 'uuid';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { openAccount, refusing, seedPlace, viewOfOtpSecret } from './otp-secret-rows.js';
import { ReadTotpCode } from './read-totp-code.js';

/** What take_hotp_step returns; a bigint arrives as text or bigint. */
interface HotpStep {
  counter: string | bigint;
  algorithm: OtpAlgorithm;
  digits: number;
  secret: Uint8Array;
  data_key_id: string;
}

type Taken = ResponseOf<typeof takeOtpCode>;

/** RFC 4226 section 7.4 leaves it to the server; the more steps are tried, the better a guess of two codes fares. */
const resyncLookAhead = 100;

/** Takes a code of an OTP secret of either kind. */
@Injectable()
export class TakeOtpCode {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(ReadTotpCode) private readonly readTotpCode: ReadTotpCode,
  ) {}

  async take(request: RequestOf<typeof takeOtpCode>): Promise<Taken> {
    const { workspace_id: workspaceId, id } = request;
    const row = await this.database.withWorkspace(workspaceId, (tx) => tx.otpSecret.findUnique({ where: { id } }));
    if (row === null) throw notFound('OTP secret');
    return row.type === 'hotp' ? this.#takeHotp(request) : this.#takeTotp(request, row);
  }

  /**
   * Moves the counter to just behind two consecutive codes of the owner's.
   * @throws AppError `validation_failed` when they are not found within the next hundred steps; nothing changes then
   */
  async resync(request: RequestOf<typeof resyncHotp>): Promise<ResponseOf<typeof resyncHotp>> {
    const { workspace_id: workspaceId, id } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const account = await this.#lockHotp(tx, id);
      const codes: [string, string] = [request.codes[0].reveal(), request.codes[1].reveal()];
      const next = refusing(
        () => resynchronise({ ...account, codes, fromCounter: account.counter, lookAhead: resyncLookAhead }),
        'codes',
      );
      if (next === null)
        throw fieldError('codes', `are not two consecutive codes of the next ${resyncLookAhead} steps`);
      const row = await tx.otpSecret.update({ where: { id }, data: { counter: BigInt(next) } });
      await recordAudit(tx, request, {
        workspaceId,
        action: 'otp_secret.resynchronised',
        resource: { type: 'otp_secret', id },
      });
      return viewOfOtpSecret(row);
    });
  }

  async #takeTotp(request: RequestOf<typeof takeOtpCode>, row: OtpSecret): Promise<Taken> {
    const period = row.period ?? 30;
    const wanted = request.min_validity_seconds;
    if (wanted >= period) throw fieldError('min_validity_seconds', `must be less than the period, ${period} s`);
    const remainingMs = period * 1_000 - (Date.now() % (period * 1_000));
    if (remainingMs < wanted * 1_000) return { type: 'wait', opens_at_ms: Date.now() + remainingMs };
    return { type: 'totp', ...(await this.readTotpCode.byId(request)) };
  }

  /** A repeat under the same `Idempotency-Key` gets the code of the very same counter: step and record are one transaction. */
  async #takeHotp(request: RequestOf<typeof takeOtpCode>): Promise<Taken> {
    const { workspace_id: workspaceId, id, idempotency } = request;
    if (idempotency === null) {
      const { rows } = await orUnavailable(
        this.database.pool.query<HotpStep>({ name: 'take_hotp_step', ...hotpStep(request) }),
      );
      return this.#codeOf(request, rows[0]);
    }
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { resourceId } = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 200,
        create: async () => {
          const { text, values } = hotpStep(request);
          const [step] = await tx.$queryRawUnsafe<HotpStep[]>(text, ...values);
          if (step === undefined) throw exhausted();
          return { resourceId: `${id}:${step.counter}`, shownOnce: null };
        },
      });
      const counter = resourceId.slice(resourceId.indexOf(':') + 1);
      const row = await tx.otpSecret.findUnique({ where: { id } });
      if (row === null) throw notFound('OTP secret');
      return this.#codeOf(request, { ...row, data_key_id: row.dataKeyId, counter });
    });
  }

  async #codeOf(
    { workspace_id: workspaceId, id }: RequestOf<typeof takeOtpCode>,
    step: HotpStep | undefined,
  ): Promise<Taken> {
    if (step === undefined) throw exhausted();
    const counter = Number(step.counter);
    const code = await this.dataKeys.use(workspaceId, step.data_key_id, (key) => {
      const secret = open(key, step.secret, seedPlace(workspaceId, id)).reveal();
      try {
        return generateHotp({ secret, algorithm: step.algorithm, digits: step.digits, counter });
      } finally {
        secret.fill(0);
      }
    });
    return { type: 'hotp', code: new Secret(code), counter };
  }

  /** Locks the row until the transaction ends: whoever comes second reads the counter that the first one left. */
  async #lockHotp(tx: Transaction, id: string): Promise<HotpAccount> {
    await tx.$queryRaw`SELECT id FROM otp_secret WHERE id = ${id}::uuid FOR UPDATE`;
    return this.#openHotp(tx, id);
  }

  async #openHotp(tx: Transaction, id: string): Promise<HotpAccount> {
    const row = await tx.otpSecret.findUnique({ where: { id } });
    if (row === null) throw notFound('OTP secret');
    const account = await openAccount(this.dataKeys, row);
    if (account.type !== 'hotp') throw new AppError('conflict', 'only a HOTP secret has a counter');
    return account;
  }
}

function hotpStep({ workspace_id, id, actor, ip, request_id }: RequestOf<typeof takeOtpCode>) {
  return {
    text: 'SELECT * FROM take_hotp_step($1::uuid, $2::uuid, $3::uuid, $4, $5, $6, $7)',
    values: [uuidv7(), workspace_id, id, actor.kind, actor.id, ip, request_id],
  };
}

function exhausted(): AppError {
  return new AppError('conflict', 'the counter has reached its end');
}
