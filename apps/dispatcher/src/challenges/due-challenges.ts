import type { Database } from '@otpost/database';

/** A challenge of any workspace that has something coming to it. For the sweeper. */
export interface Due {
  workspaceId: string;
  id: string;
}

const most = 500;

/** Pending although their time is over, by more than a timer may be late. Longest first. */
export async function overdueChallenges({ pool }: Database): Promise<Due[]> {
  const { rows } = await pool.query<Due>({
    name: 'overdue_challenges',
    text: 'SELECT workspace_id AS "workspaceId", id FROM overdue_challenges($1)',
    values: [most],
  });
  return rows;
}

/** Credentials with a pending challenge and an unclaimed code that would do for it. */
export async function claimableCredentials({
  pool,
}: Database): Promise<{ workspaceId: string; credentialId: string }[]> {
  const { rows } = await pool.query<{ workspaceId: string; credentialId: string }>({
    name: 'claimable_credentials',
    text: 'SELECT workspace_id AS "workspaceId", credential_id AS "credentialId" FROM claimable_credentials($1)',
    values: [most],
  });
  return rows;
}

/** Pending ones whose human has answered, and whose taker has not come back within the seconds that this may take. */
export async function answeredChallenges({ pool }: Database): Promise<(Due & { receivedCodeId: string })[]> {
  const { rows } = await pool.query<Due & { receivedCodeId: string }>({
    name: 'answered_challenges',
    text: `SELECT workspace_id AS "workspaceId", id, received_code_id AS "receivedCodeId" FROM answered_challenges($1)`,
    values: [most],
  });
  return rows;
}

/** Pending ones that an authenticator should have answered by now, or will when a window opens. */
export async function waitingForWindows({ pool }: Database): Promise<Due[]> {
  const { rows } = await pool.query<Due>({
    name: 'challenges_waiting_for_windows',
    text: 'SELECT workspace_id AS "workspaceId", id FROM challenges_waiting_for_windows($1)',
    values: [most],
  });
  return rows;
}
