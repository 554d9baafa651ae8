import { Controller, Inject } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  depositAnswer,
  openReceivedCode,
  wipeReceivedCode,
  type OpenedCode,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { openText, seal } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { receivedCodePlace } from '../credentials/read-received-code.js';
import { DataKeys } from '../keys/data-keys.js';

/** For so long a delivered code is delivered again, unless it is acknowledged; also the least that an undelivered one is kept. */
const graceSeconds = 60;

interface DeliveredRow extends Omit<OpenedCode, 'value' | 'received_at'> {
  value: Uint8Array;
  data_key_id: string;
  received_at: Date;
}

/** What challenges hold: opened when it is delivered, wiped when it is acknowledged, and kept when a human answers. */
@Controller()
export class ReceivedCodesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  @Rpc(openReceivedCode)
  async open(request: RequestOf<typeof openReceivedCode>): Promise<ResponseOf<typeof openReceivedCode>> {
    const { workspace_id: workspaceId, challenge_id } = request;
    const row = await this.database.withWorkspace(workspaceId, async (tx) => {
      const delivered = await deliver(tx, challenge_id);
      if (delivered === undefined) return undefined;
      const { id, channel, kind } = delivered;
      const resource = { type: 'received_code', id };
      const details = { challenge_id, channel, kind };
      await recordAudit(tx, request, { workspaceId, action: 'received_code.delivered', resource, details });
      return delivered;
    });
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
    const { workspace_id: workspaceId, challenge_id, credential_id, kind, answer, expires_at } = request;
    const id = uuidv7();
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const stored = await this.dataKeys.useActive(tx, workspaceId, (key) => {
        const sealed = seal(key, answer.reveal(), receivedCodePlace(workspaceId, id));
        // The unique key waits for a claim that is under way, and then knows which of the two came first.
        return tx.$executeRaw`
          INSERT INTO received_code (
            id, workspace_id, credential_id, channel, kind, value, data_key_id, received_at, fresh_until, challenge_id, claimed_at,
            wipe_due_at)
          VALUES (
            ${id}::uuid, ${workspaceId}::uuid, ${credential_id}::uuid, 'user', ${kind}::code_kind, ${sealed}, ${key.id}::uuid,
            clock_timestamp(), ${expires_at}::timestamptz, ${challenge_id}::uuid, clock_timestamp(),
            greatest(${expires_at}::timestamptz, clock_timestamp() + make_interval(secs => ${graceSeconds})))
          ON CONFLICT (challenge_id) DO NOTHING`;
      });
      if (stored === 0) {
        const held = await tx.receivedCode.findUniqueOrThrow({
          where: { challengeId: challenge_id },
          select: { id: true },
        });
        return { received_code_id: held.id, stored: false };
      }
      const resource = { type: 'received_code', id };
      const details = { challenge_id, kind };
      await recordAudit(tx, request, { workspaceId, action: 'received_code.answered', resource, details });
      return { received_code_id: id, stored: true };
    });
  }
}

/** One that is due to be wiped is as good as wiped. */
async function deliver(tx: Transaction, challengeId: string): Promise<DeliveredRow | undefined> {
  const [row] = await tx.$queryRaw<DeliveredRow[]>`
    UPDATE received_code SET
      wipe_due_at =
        CASE WHEN delivered_at IS NULL THEN clock_timestamp() + make_interval(secs => ${graceSeconds}) ELSE wipe_due_at END,
      delivered_at = coalesce(delivered_at, clock_timestamp())
    WHERE challenge_id = ${challengeId}::uuid AND value IS NOT NULL AND wipe_due_at > clock_timestamp()
    RETURNING id, channel, kind, value, data_key_id, received_at`;
  return row;
}
