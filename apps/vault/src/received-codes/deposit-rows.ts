import { v7 as uuidv7 } from 'uuid';
import type { TfaMethod } from '@otpost/contracts';
import type { Database } from '@otpost/database';
import type { Decision } from './decide-deposit.js';

type Pool = Database['pool'];

/** A message that has not been opened yet, with what decides over it. */
export interface Undeposited {
  channel: 'email' | 'sms';
  state: 'received' | 'refused' | 'ambiguous' | 'confirmation';
  credentialId: string | null;
  /** False: deleted since the message came. */
  credentialFound: boolean;
  tfaMethod: TfaMethod | null;
  receivedAt: Date;
  content: Buffer | null;
  extraction: Buffer | null;
  settings: unknown;
  activeDataKeyId: string;
}

/** What is written of it, in one transaction. */
export interface Deposit {
  /** The active key: what is sealed here is under it. */
  dataKeyId: string;
  /** What happens to the message itself. `purged`: once nobody waits for a copy of it. `untouched`: it cannot be opened. */
  keeping: 'resealed' | 'purged' | 'untouched';
  content: Uint8Array | null;
  extraction: Uint8Array | null;
  /** Null: its state was decided before. */
  decision: Decision | null;
  code: {
    id: string;
    kind: 'code' | 'link';
    /** Null: nobody can read it any more. */
    value: Uint8Array | null;
    freshUntil: Date;
    /** Payload of `code.received`. */
    event: object | null;
  } | null;
}

/** Undefined: nothing is to do. */
export async function readUndeposited(pool: Pool, workspaceId: string, id: string): Promise<Undeposited | undefined> {
  const { rows } = await pool.query<Undeposited>({
    name: 'read_undeposited_message',
    text: `SELECT channel, state, credential_id AS "credentialId", credential_found AS "credentialFound", tfa_method AS "tfaMethod",
             received_at AS "receivedAt", content, extraction, settings, active_data_key_id AS "activeDataKeyId"
           FROM read_undeposited_message($1, $2)`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/** All of it or nothing, once. `key_retired`: `dataKeyId` is not the active key any more. */
export async function writeDeposit(
  pool: Pool,
  workspaceId: string,
  id: string,
  { dataKeyId, keeping, content, extraction, decision, code }: Deposit,
): Promise<'done' | 'already' | 'key_retired'> {
  const reason = decision === null || decision.state === 'deposited' ? null : decision.reason;
  const details = code === null ? { reason } : { received_code_id: code.id, kind: code.kind };
  const { rows } = await pool.query<{ outcome: 'done' | 'already' | 'key_retired' }>({
    name: 'deposit_message',
    text: `SELECT deposit_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS outcome`,
    values: [
      workspaceId,
      id,
      dataKeyId,
      keeping,
      content,
      extraction,
      decision?.state ?? null,
      reason,
      code?.id ?? null,
      code?.kind ?? null,
      code?.value ?? null,
      code?.freshUntil ?? null,
      code?.event == null ? null : uuidv7(),
      code?.event == null ? null : JSON.stringify(code.event),
      decision === null ? null : uuidv7(),
      decision === null ? null : JSON.stringify(details),
    ],
  });
  return rows[0]?.outcome ?? 'already';
}
