import { Inject, Injectable } from '@nestjs/common';
import { deleteCredential, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { pairOf } from './credential-fields.js';
import { lockCredential } from './credential-rows.js';

/** Deletes a vault entry with all that belongs to it. */
@Injectable()
export class DeleteCredential {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * OTP secret, inbox and received codes go with the row; a phone number stays the workspace's, free for another entry.
   *
   * @throws AppError `not_found`
   */
  async run(request: RequestOf<typeof deleteCredential>): Promise<ResponseOf<typeof deleteCredential>> {
    const { workspace_id: workspaceId } = request;
    const pair = pairOf(request.pair);
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const { id } = await lockCredential(tx, workspaceId, pair);
      await tx.phoneNumber.updateMany({ where: { credentialId: id }, data: { credentialId: null } });
      await tx.credential.deleteMany({ where: { id } });
      await recordAudit(tx, request, {
        workspaceId,
        action: 'credential.deleted',
        resource: { type: 'credential', id },
      });
    });
    return {};
  }
}
