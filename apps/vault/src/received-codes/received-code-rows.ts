import { v7 as uuidv7 } from 'uuid';
import type { depositAnswer, OpenedCode, RequestOf, WorkspaceCaller } from '@otpost/contracts';
import { orUnavailable, type Queryable } from '@otpost/database';

/** For so long a delivered code is delivered again, unless it is acknowledged; also the least that an undelivered one is kept. */
const grace = '60 seconds';

export interface DeliveredRow extends Omit<OpenedCode, 'value' | 'received_at'> {
  value: Buffer;
  data_key_id: string;
  received_at: Date;
}

/** What a challenge holds, as long as it is to be had; audited. */
export async function deliverReceivedCode(
  db: Queryable,
  request: WorkspaceCaller & { challenge_id: string },
): Promise<DeliveredRow | undefined> {
  const { rows } = await orUnavailable(
    db.query<DeliveredRow>({
      name: 'deliver_received_code',
      text: 'SELECT id, channel, kind, value, data_key_id, received_at FROM deliver_received_code($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [request.workspace_id, request.challenge_id, grace, ...auditValues(request)],
    }),
  );
  return rows[0];
}

export type DepositedAnswer =
  { outcome: 'stored' | 'held'; received_code_id: string } | { outcome: 'key_retired'; received_code_id: null };

/** Keeps a human's answer, sealed; audited. */
export async function depositAnswerRow(
  db: Queryable,
  request: RequestOf<typeof depositAnswer>,
  { id, sealed, dataKeyId }: { id: string; sealed: Uint8Array; dataKeyId: string },
): Promise<DepositedAnswer> {
  const { workspace_id, challenge_id, credential_id, kind, expires_at } = request;
  const { rows } = await orUnavailable(
    db.query<DepositedAnswer>({
      name: 'deposit_answer',
      text: 'SELECT outcome, received_code_id FROM deposit_answer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)',
      values: [
        ...[workspace_id, id, challenge_id, credential_id, kind, sealed, dataKeyId, expires_at, grace],
        ...auditValues(request),
      ],
    }),
  );
  const [deposited] = rows;
  if (deposited === undefined) throw new TypeError('deposit_answer says what came of it');
  return deposited;
}

function auditValues({ actor, ip, request_id }: WorkspaceCaller): unknown[] {
  return [uuidv7(), actor.kind, actor.id, ip, request_id];
}
