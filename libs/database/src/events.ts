import { newEvent, type NewEvent } from '@otpost/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from './database.js';

export interface EventOptions {
  /** The agent that the event's stream is for; null: every stream of the workspace has it. */
  clientId?: string | null;
  /** What the agent gave with its challenge; goes out beside the payload. */
  metadata?: unknown;
}

/**
 * Writes an event in the transaction of the change it tells of (outbox): there is no change without its event, and no event without its
 * change. Afterwards, once that is committed, add the job `fanOutEvents` of libs/contracts; a sweeper does when nobody did.
 * The payload is checked against its strict schema, so nothing that is not named there can be in it.
 * @param tx with the workspace set
 * @returns the event's id, which is the `webhook-id` of its every delivery
 * @throws ZodError when the payload is not what the type says
 */
export async function appendEvent(
  tx: Transaction,
  workspaceId: string,
  event: NewEvent,
  { clientId = null, metadata = null }: EventOptions = {},
): Promise<string> {
  const { type, payload } = newEvent.parse(event);
  const id = uuidv7();
  const sessionId = 'session_id' in payload ? payload.session_id : null;
  const challengeId = 'challenge_id' in payload ? payload.challenge_id : null;
  // Plain SQL, since the vault's role may insert here and not read back.
  await tx.$executeRaw`
    INSERT INTO event (id, workspace_id, type, session_id, client_id, challenge_id, payload, metadata)
    VALUES (${id}::uuid, ${workspaceId}::uuid, ${type}, ${sessionId}, ${clientId}, ${challengeId}::uuid,
      ${JSON.stringify(payload)}::jsonb, ${metadata === null ? null : JSON.stringify(metadata)}::jsonb)`;
  return id;
}
