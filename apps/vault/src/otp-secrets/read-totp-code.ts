import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, type WorkspaceCaller } from '@otpost/contracts';
import { Database, type OtpSecretRow } from '@otpost/database';
import { open, Secret } from '@otpost/envelope';
import { generateTotp } from '@otpost/otp';
import { DataKeys } from '../keys/data-keys.js';
import { CodePath } from './code-path.js';
import { seedPlace } from './otp-secret-rows.js';

export interface ReadCode {
  code: Secret;
  expires_in_seconds: number;
}

/** The current code of a TOTP secret. */
@Injectable()
export class ReadTotpCode {
  constructor(
    @Inject(CodePath) private readonly codePath: CodePath,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** @throws AppError `not_found`; `hotp_needs_post` for a HOTP secret, since reading one would advance its counter */
  async byId(request: WorkspaceCaller & { id: string }): Promise<ReadCode> {
    const stored = await this.codePath.byId(request, request.id);
    if (stored === undefined) throw notFound('TOTP secret');
    return this.of(request.workspace_id, stored);
  }

  /** The code of a secret that was found, and audited, on the code path. */
  async of(workspaceId: string, stored: OtpSecretRow): Promise<ReadCode> {
    if (stored.type !== 'totp') {
      throw new AppError(
        'hotp_needs_post',
        'a HOTP code takes a counter step: use a challenge, or POST /v1/otp-secrets/{id}/code',
      );
    }
    // The clock is read after the database: a slow read must not hand out a code whose step has passed.
    const window = await this.dataKeys.use(workspaceId, stored.dataKeyId, (key) => {
      const seed = open(key, stored.secret, seedPlace(workspaceId, stored.otpSecretId)).reveal();
      try {
        const { algorithm, digits, period } = stored;
        return generateTotp({ secret: seed, algorithm, digits, periodSeconds: period ?? 30, atMs: Date.now() });
      } finally {
        seed.fill(0);
      }
    });
    if (stored.exclusiveTimeSteps) await this.#lease(workspaceId, stored, window);
    return { code: new Secret(window.code), expires_in_seconds: window.expiresInSeconds };
  }

  /** One hand-out of a time step, in the database's own word: the primary key of the lease. */
  async #lease(
    workspaceId: string,
    stored: OtpSecretRow,
    window: { step: number; validUntilMs: number },
  ): Promise<void> {
    const { count } = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.timeStepLease.createMany({
        data: {
          workspaceId,
          fingerprint: Uint8Array.from(stored.seedFingerprint),
          step: BigInt(window.step),
          expiresAt: new Date(window.validUntilMs + 60_000),
        },
        skipDuplicates: true,
      }),
    );
    if (count === 1) return;
    throw new AppError(
      'rate_limited',
      "this time step's code was handed out already; the next one comes when its window opens",
      {
        retryAfterSeconds: Math.max(1, Math.ceil((window.validUntilMs - Date.now()) / 1_000)),
      },
    );
  }
}
