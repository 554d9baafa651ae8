import { Inject, Injectable } from '@nestjs/common';
import { describeFactors, notFound, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { pairOf } from './credential-fields.js';

const otpSecret = { select: { id: true, type: true, period: true } };
const factors = { id: true, tfaMethod: true, otpSecret };

/** What a challenge may be resolved with. Nothing sealed is read. */
@Injectable()
export class DescribeFactors {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** @throws AppError `not_found` */
  async run(request: RequestOf<typeof describeFactors>): Promise<ResponseOf<typeof describeFactors>> {
    const { workspace_id: workspaceId, target } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      if ('otp_secret_id' in target) {
        const row = await tx.otpSecret.findUnique({ where: { id: target.otp_secret_id }, ...otpSecret });
        if (row === null) throw notFound('OTP secret');
        return { credential_id: null, tfa_method: null, otp_secret: row };
      }
      const row =
        'credential_id' in target
          ? await tx.credential.findUnique({ where: { id: target.credential_id }, select: factors })
          : await tx.credential.findUnique({
              where: { workspaceId_permissionedUserId_domain: { workspaceId, ...pairOf(target) } },
              select: factors,
            });
      if (row === null) throw notFound('credential');
      return { credential_id: row.id, tfa_method: row.tfaMethod, otp_secret: row.otpSecret };
    });
  }
}
