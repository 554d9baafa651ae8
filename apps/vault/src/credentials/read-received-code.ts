import { Inject, Injectable } from '@nestjs/common';
import { AppError, type WorkspaceCaller } from '@otpost/contracts';
import { Database, type Transaction } from '@otpost/database';
import { openText, type Place, type Secret } from '@otpost/envelope';
import { recordAudit } from '../audit/record-audit.js';
import { DataKeys } from '../keys/data-keys.js';

/** For so long a code is repeated to the key that read it first: a lost response costs nothing. */
const repeatSeconds = 60;

export interface ReadReceived {
  code: Secret;
  received_at: string;
}

interface TakenRow {
  id: string;
  value: Uint8Array;
  data_key_id: string;
  received_at: Date;
}

/** Where the value of a received code is sealed to. */
export function receivedCodePlace(workspaceId: string, rowId: string): Place {
  return { workspaceId, table: 'received_code', rowId, column: 'value' };
}

/** The newest code that came in by e-mail or SMS, handed out once. */
@Injectable()
export class ReadReceivedCode {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  /**
   * What a challenge claimed is as if it were not there. Of the rest only the newest counts: once it was used, an older one is no
   * substitute, since sites take the code they sent last. The audit entry is durable when this returns.
   *
   * @param permitted throws where the caller may not have it; in the same transaction, since an agent that waits asks often
   * @throws AppError `no_fresh_code`
   */
  async newest(
    request: WorkspaceCaller,
    credentialId: string,
    channel: 'email' | 'sms',
    permitted?: (tx: Transaction) => Promise<void>,
  ): Promise<ReadReceived> {
    const { workspace_id: workspaceId, actor } = request;
    const taken = await this.database.withWorkspace(workspaceId, async (tx) => {
      await permitted?.(tx);
      const row = await takeNewest(tx, workspaceId, credentialId, channel, actor.id);
      if (row === undefined)
        throw new AppError('no_fresh_code', `no fresh ${channel === 'email' ? 'e-mail' : 'SMS'} code`);
      const resource = { type: 'credential', id: credentialId };
      const details = { channel, received_code_id: row.id };
      await recordAudit(tx, request, { workspaceId, action: 'credential.code_read', resource, details });
      return row;
    });
    const place = receivedCodePlace(workspaceId, taken.id);
    const code = await this.dataKeys.use(workspaceId, taken.data_key_id, (key) => openText(key, taken.value, place));
    return { code, received_at: taken.received_at.toISOString() };
  }
}

/**
 * Two statements, so that whoever waited for the lock of the first one decides in the second one by what it finds then. Time is the
 * database's, as it is for challenges that claim.
 */
async function takeNewest(
  tx: Transaction,
  workspaceId: string,
  credentialId: string,
  channel: 'email' | 'sms',
  keyId: string,
): Promise<TakenRow | undefined> {
  const [newest] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM received_code
    WHERE workspace_id = ${workspaceId}::uuid AND credential_id = ${credentialId}::uuid AND channel = ${channel}::code_channel
      AND kind = 'code' AND challenge_id IS NULL AND fresh_until > clock_timestamp()
    ORDER BY received_at DESC, id DESC LIMIT 1 FOR UPDATE`;
  if (newest === undefined) return undefined;
  const [taken] = await tx.$queryRaw<TakenRow[]>`
    UPDATE received_code SET
      read_by_key_id = ${keyId},
      first_read_at = coalesce(first_read_at, clock_timestamp()),
      wipe_due_at = least(wipe_due_at, coalesce(first_read_at, clock_timestamp()) + make_interval(secs => ${repeatSeconds}))
    WHERE id = ${newest.id}::uuid AND value IS NOT NULL AND challenge_id IS NULL AND fresh_until > clock_timestamp()
      AND (first_read_at IS NULL
        OR read_by_key_id = ${keyId} AND first_read_at > clock_timestamp() - make_interval(secs => ${repeatSeconds}))
    RETURNING id, value, data_key_id, received_at`;
  return taken;
}
