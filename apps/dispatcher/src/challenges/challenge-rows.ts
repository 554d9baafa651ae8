import type { ChallengeCode, ChallengeView, OpenedCode, WorkspaceCaller } from '@otpost/contracts';
import type { Challenge } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import { asksHuman } from './factor-ladder.js';

export function viewOfChallenge(row: Challenge): ChallengeView {
  return {
    id: row.id,
    session_id: row.sessionId,
    status: row.status,
    factor: row.factor,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    has_page: asksHuman(row.factors),
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
