import type { NewEvent } from '@otpost/contracts';
import { appendEvent, type Challenge, type Factor, type Transaction } from '@otpost/database';
import { missingProperties, type AnswerSchema } from '../interactions/answer-schema.js';
import { endedWithoutCode, secondsToCode } from './challenge-metrics.js';
import { asksHuman } from './factor-ladder.js';

/** A human is asked. */
export async function announceWaiting(tx: Transaction, row: Challenge): Promise<void> {
  await announce(tx, row, { type: 'interaction.waiting', payload: interactionOf(row) });
}

/** A challenge got its code: which factor gave it, and that a human who was asked need not answer any more. */
export async function announceResolved(tx: Transaction, row: Challenge, factor: Factor): Promise<void> {
  secondsToCode.observe({ factor }, (Date.now() - row.createdAt.getTime()) / 1_000);
  if (asksHuman(row.factors)) await announce(tx, row, { type: 'interaction.finished', payload: interactionOf(row) });
  await announce(tx, row, {
    type: 'challenge.resolved',
    payload: {
      challenge_id: row.id,
      session_id: row.sessionId,
      workflow_id: row.workflowId,
      credential_id: row.credentialId,
      otp_secret_id: row.otpSecretId,
      factor,
    },
  });
}

/** A challenge ended without a code, whoever was asked for one. */
export async function announceFailed(
  tx: Transaction,
  row: Challenge,
  reason: 'expired' | 'cancelled' | 'invalid',
): Promise<void> {
  endedWithoutCode.inc({ reason });
  await announce(tx, row, { type: 'interaction.failed', payload: { ...interactionOf(row), reason } });
}

async function announce(tx: Transaction, row: Challenge, event: NewEvent): Promise<void> {
  await appendEvent(tx, row.workspaceId, event, { clientId: row.clientId, metadata: row.metadata });
}

function interactionOf(row: Challenge) {
  const schema = row.schema as AnswerSchema;
  return {
    session_id: row.sessionId,
    workflow_id: row.workflowId,
    current_step: row.currentStep,
    missing_properties: missingProperties(schema),
    expected_json_schema_datamodel: schema,
    message: row.message,
    challenge_id: row.id,
  };
}
