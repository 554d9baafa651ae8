import type { OwnerDatabase } from '@otpost/database';

/** Workspaces with events that nobody has made deliveries of, a second after they could have been told to. For the sweeper. */
export async function workspacesWithUnsentEvents(owner: OwnerDatabase, now: Date): Promise<string[]> {
  const { rows } = await owner.pool.query<{ workspace_id: string }>({
    name: 'workspaces_with_unsent_events',
    text: `SELECT DISTINCT workspace_id FROM (
             SELECT workspace_id FROM event WHERE fanned_out_at IS NULL AND created_at < $1 ORDER BY created_at LIMIT 10000) AS e`,
    values: [new Date(now.getTime() - 1_000)],
  });
  return rows.map(({ workspace_id }) => workspace_id);
}
