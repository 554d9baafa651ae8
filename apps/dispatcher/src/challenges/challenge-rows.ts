import type { ChallengeCode, ChallengeTrace, ChallengeView, OpenedCode, WorkspaceCaller } from '@otpost/contracts';
import { orUnavailable, type Challenge, type Queryable } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import { asksHuman } from './factor-ladder.js';

/** In one round trip, for those who wait for a code. Undefined: there is no such challenge in this workspace. */
export async function readChallengeRow(db: Queryable, workspaceId: string, id: string): Promise<Challenge | undefined> {
  const { rows } = await orUnavailable(
    db.query<Challenge>({
      name: 'read_challenge',
      text: `SELECT ${columns} FROM read_challenge($1, $2)`,
      values: [workspaceId, id],
    }),
  );
  return rows[0];
}

/** As the generated client names them. Arrays of an enumeration are nothing that `pg` reads. */
const columns = `id, workspace_id AS "workspaceId", credential_id AS "credentialId", otp_secret_id AS "otpSecretId",
  session_id AS "sessionId", workflow_id AS "workflowId", current_step AS "currentStep", message, client_id AS "clientId", metadata,
  schema, seat_ids AS "seatIds", factors::text[] AS factors, factor, exclusive, min_validity_seconds AS "minValiditySeconds", since,
  status, reason, opened_by_key_id AS "openedByKeyId", created_at AS "createdAt", expires_at AS "expiresAt", ended_at AS "endedAt",
  received_code_id AS "receivedCodeId", code_valid_until AS "codeValidUntil", first_delivered_at AS "firstDeliveredAt",
  acknowledged_at AS "acknowledgedAt"`;

export function viewOfChallenge(row: Challenge): ChallengeView {
  return {
    id: row.id,
    session_id: row.sessionId,
    credential_id: row.credentialId,
    otp_secret_id: row.otpSecretId,
    status: row.status,
    factor: row.factor,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    has_page: asksHuman(row.factors),
  };
}

export function traceOfChallenge(row: Challenge): ChallengeTrace {
  return {
    ...viewOfChallenge(row),
    workflow_id: row.workflowId,
    current_step: row.currentStep,
    message: row.message,
    factors: row.factors,
    since: row.since.toISOString(),
    reason: row.reason,
    ended_at: row.endedAt?.toISOString() ?? null,
    first_delivered_at: row.firstDeliveredAt?.toISOString() ?? null,
    acknowledged_at: row.acknowledgedAt?.toISOString() ?? null,
  };
}

/** What the vault opened, as the agent gets it. */
export function codeOf(row: Challenge, opened: OpenedCode, nowMs: number): ChallengeCode {
  const { kind, value, received_at } = opened;
  const validUntil = row.codeValidUntil?.getTime();
  return {
    received_at,
    ...(validUntil === undefined ? {} : { expires_in_seconds: Math.max(0, Math.ceil((validUntil - nowMs) / 1_000)) }),
    ...(kind === 'code' ? { code: value } : {}),
    ...(kind === 'link' ? { link: value } : {}),
    ...(kind === 'answer' ? answerOf(value) : {}),
  };
}

/** A dictionary; where it has a `code`, or nothing but one text, that is the code. */
function answerOf(text: Secret): Pick<ChallengeCode, 'code' | 'answer'> {
  const answer = JSON.parse(text.reveal()) as Record<string, never>;
  const values: unknown[] = Object.values(answer);
  const code: unknown = answer['code'] ?? (values.length === 1 ? values[0] : undefined);
  return { answer: new Secret(answer), ...(typeof code === 'string' ? { code: new Secret(code) } : {}) };
}

/** Whom the audit names for what nobody asked for: a window opened, a deadline passed. */
export function systemCaller(workspaceId: string): WorkspaceCaller {
  return { workspace_id: workspaceId, actor: { kind: 'system', id: 'dispatcher' }, ip: null, request_id: 'challenge' };
}
