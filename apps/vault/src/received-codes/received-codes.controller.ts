import { Controller, Inject } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  AppError,
  depositAnswer,
  openReceivedCode,
  wipeReceivedCode,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { openText, seal } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { receivedCodePlace } from '../credentials/read-received-code.js';
import { DataKeys } from '../keys/data-keys.js';
import { deliverReceivedCode, depositAnswerRow } from './received-code-rows.js';

/** How often an answer is sealed anew because the workspace's key was rotated in between. */
const mostAttempts = 5;

/** What challenges hold: opened when it is delivered, wiped when it is acknowledged, and kept when a human answers. */
@Controller()
export class ReceivedCodesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  @Rpc(openReceivedCode)
  async open(request: RequestOf<typeof openReceivedCode>): Promise<ResponseOf<typeof openReceivedCode>> {
    const { workspace_id: workspaceId } = request;
    const row = await deliverReceivedCode(this.database.pool, request);
    if (row === undefined) return { received_code: null };
    const { value: sealed, data_key_id, received_at, ...view } = row;
    const place = receivedCodePlace(workspaceId, row.id);
    const value = await this.dataKeys.use(workspaceId, data_key_id, (key) => openText(key, sealed, place));
    return { received_code: { ...view, value, received_at: received_at.toISOString() } };
  }

  @Rpc(wipeReceivedCode)
  async wipe(request: RequestOf<typeof wipeReceivedCode>): Promise<ResponseOf<typeof wipeReceivedCode>> {
    const { workspace_id: workspaceId, challenge_id, reason } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const [wiped] = await tx.$queryRaw<{ id: string }[]>`
        UPDATE received_code SET value = NULL, data_key_id = NULL, wiped_at = clock_timestamp()
        WHERE challenge_id = ${challenge_id}::uuid AND wiped_at IS NULL
        RETURNING id`;
      if (wiped === undefined) return { wiped: false };
      const resource = { type: 'received_code', id: wiped.id };
      const details = { challenge_id, reason };
      await recordAudit(tx, request, { workspaceId, action: 'received_code.wiped', resource, details });
      return { wiped: true };
    });
  }

  @Rpc(depositAnswer)
  async answer(request: RequestOf<typeof depositAnswer>): Promise<ResponseOf<typeof depositAnswer>> {
    const { workspace_id: workspaceId, answer } = request;
    const { pool } = this.database;
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const id = uuidv7();
      const dataKeyId = await this.dataKeys.activeId(workspaceId, pool);
      const sealed = await this.dataKeys.use(workspaceId, dataKeyId, (key) =>
        seal(key, answer.reveal(), receivedCodePlace(workspaceId, id)),
      );
      const { outcome, received_code_id } = await depositAnswerRow(pool, request, { id, sealed, dataKeyId });
      if (outcome !== 'key_retired') return { received_code_id, stored: outcome === 'stored' };
    }
    throw new AppError('unavailable', 'the data key changed again and again', { internal: workspaceId });
  }
}
