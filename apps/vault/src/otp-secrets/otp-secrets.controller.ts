import { Controller, Inject } from '@nestjs/common';
import {
  createOtpSecret,
  deleteOtpSecret,
  getOtpSecret,
  importOtpSecrets,
  listOtpSecrets,
  notFound,
  readTotpCode,
  resyncHotp,
  takeOtpCode,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { CreateOtpSecret } from './create-otp-secret.js';
import { hotpRefused, viewOfOtpSecret } from './otp-secret-rows.js';
import { ReadTotpCode } from './read-totp-code.js';
import { TakeOtpCode } from './take-otp-code.js';

/** OTP secrets that stand on their own; those inside a credential belong to it. */
@Controller()
export class OtpSecretsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CreateOtpSecret) private readonly createOtpSecret: CreateOtpSecret,
    @Inject(ReadTotpCode) private readonly readTotpCode: ReadTotpCode,
    @Inject(TakeOtpCode) private readonly takeOtpCode: TakeOtpCode,
  ) {}

  @Rpc(createOtpSecret)
  create(request: RequestOf<typeof createOtpSecret>): Promise<ResponseOf<typeof createOtpSecret>> {
    return this.createOtpSecret.one(request);
  }

  @Rpc(importOtpSecrets)
  import(request: RequestOf<typeof importOtpSecrets>): Promise<ResponseOf<typeof importOtpSecrets>> {
    return this.createOtpSecret.import(request);
  }

  @Rpc(readTotpCode)
  readCode(request: RequestOf<typeof readTotpCode>): Promise<ResponseOf<typeof readTotpCode>> {
    return this.readTotpCode.byId(request);
  }

  @Rpc(takeOtpCode)
  takeCode(request: RequestOf<typeof takeOtpCode>): Promise<ResponseOf<typeof takeOtpCode>> {
    return this.takeOtpCode.take(request);
  }

  @Rpc(resyncHotp)
  resync(request: RequestOf<typeof resyncHotp>): Promise<ResponseOf<typeof resyncHotp>> {
    return this.takeOtpCode.resync(request);
  }

  @Rpc(listOtpSecrets)
  async list({
    workspace_id,
    type,
    page,
  }: RequestOf<typeof listOtpSecrets>): Promise<ResponseOf<typeof listOtpSecrets>> {
    const rows = await this.database.withWorkspace(workspace_id, (tx) =>
      tx.otpSecret.findMany({
        where: {
          workspaceId: workspace_id,
          credentialId: null,
          ...(type === null ? {} : { type }),
          ...(page.cursor == null ? {} : { id: { gt: page.cursor } }),
        },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(viewOfOtpSecret),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(getOtpSecret)
  async get({ workspace_id, id }: RequestOf<typeof getOtpSecret>): Promise<ResponseOf<typeof getOtpSecret>> {
    const row = await this.database.withWorkspace(workspace_id, (tx) =>
      tx.otpSecret.findFirst({ where: { id, credentialId: null } }),
    );
    if (row === null) throw notFound('OTP secret');
    return viewOfOtpSecret(row);
  }

  @Rpc(deleteOtpSecret)
  async delete(request: RequestOf<typeof deleteOtpSecret>): Promise<ResponseOf<typeof deleteOtpSecret>> {
    const { workspace_id: workspaceId, id, type } = request;
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const row = await tx.otpSecret.findFirst({ where: { id, credentialId: null } });
      if (row === null) throw notFound('OTP secret');
      if (type === 'totp' && row.type === 'hotp') throw hotpRefused();
      // Deleting what a second request deleted meanwhile is no success of this one.
      const { count } = await tx.otpSecret.deleteMany({ where: { id } });
      if (count === 0) throw notFound('OTP secret');
      await recordAudit(tx, request, {
        workspaceId,
        action: 'otp_secret.deleted',
        resource: { type: 'otp_secret', id },
      });
    });
    return {};
  }
}
