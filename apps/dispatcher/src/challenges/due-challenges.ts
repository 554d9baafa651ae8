import type { OwnerDatabase } from '@otpost/database';

export interface Due {
  workspaceId: string;
  id: string;
}

const most = 500;

/** Pending although their time is over, by more than a timer may be late. Longest first. */
export async function overdueChallenges(owner: OwnerDatabase): Promise<Due[]> {
  const { rows } = await owner.pool.query<Due>({
    name: 'overdue_challenges',
    text: `SELECT workspace_id AS "workspaceId", id FROM challenge
           WHERE status = 'pending' AND expires_at < clock_timestamp() - interval '250 milliseconds'
           ORDER BY expires_at LIMIT $1`,
    values: [most],
  });
  return rows;
}

/** Credentials with a pending challenge and an unclaimed code that would do for it. */
export async function claimableCredentials(
  owner: OwnerDatabase,
): Promise<{ workspaceId: string; credentialId: string }[]> {
  const { rows } = await owner.pool.query<{ workspaceId: string; credentialId: string }>({
    name: 'claimable_credentials',
    text: `SELECT DISTINCT c.workspace_id AS "workspaceId", c.credential_id AS "credentialId"
           FROM challenge AS c
           CROSS JOIN LATERAL (
             SELECT FROM received_code AS r
             WHERE r.workspace_id = c.workspace_id AND r.credential_id = c.credential_id AND r.received_at >= c.since
               AND r.channel IN ('email', 'sms') AND r.challenge_id IS NULL AND r.first_read_at IS NULL AND r.wiped_at IS NULL
               AND r.fresh_until > clock_timestamp()
               AND (CASE WHEN r.kind = 'link' THEN 'magic_link' ELSE r.channel::text END)::factor = ANY (c.factors)
             LIMIT 1) AS fitting
           WHERE c.status = 'pending' AND c.expires_at > clock_timestamp() AND c.credential_id IS NOT NULL
           LIMIT $1`,
    values: [most],
  });
  return rows;
}

/**
 * Pending ones whose human has answered: the vault has kept it, and whoever was to resolve the challenge with it has not come back within the
 * seconds that this may take.
 */
export async function answeredChallenges(owner: OwnerDatabase): Promise<(Due & { receivedCodeId: string })[]> {
  const { rows } = await owner.pool.query<Due & { receivedCodeId: string }>({
    name: 'answered_challenges',
    text: `SELECT c.workspace_id AS "workspaceId", c.id, r.id AS "receivedCodeId"
           FROM challenge AS c
           JOIN received_code AS r ON r.challenge_id = c.id AND r.workspace_id = c.workspace_id
           WHERE c.status = 'pending' AND c.expires_at > clock_timestamp() AND r.channel = 'user'
             AND r.claimed_at < clock_timestamp() - interval '3 seconds' AND r.wiped_at IS NULL
           LIMIT $1`,
    values: [most],
  });
  return rows;
}

/** Pending ones that an authenticator should have answered by now, or will when a window opens. */
export async function waitingForWindows(owner: OwnerDatabase): Promise<Due[]> {
  const { rows } = await owner.pool.query<Due>({
    name: 'challenges_waiting_for_windows',
    text: `SELECT workspace_id AS "workspaceId", id FROM challenge
           WHERE status = 'pending' AND 'authenticator' = ANY (factors) AND expires_at > clock_timestamp()
             AND created_at < clock_timestamp() - interval '5 seconds'
           ORDER BY id LIMIT $1`,
    values: [most],
  });
  return rows;
}
