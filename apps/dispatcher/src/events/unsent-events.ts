import type { Database } from '@otpost/database';

/** Workspaces with events that nobody has made deliveries of, a second after they could have been told to. For the sweeper. */
export async function workspacesWithUnsentEvents({ pool }: Database, now: Date): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'workspaces_with_unsent_events',
    text: 'SELECT id FROM workspaces_with_unsent_events($1) AS id',
    values: [new Date(now.getTime() - 1_000)],
  });
  return rows.map(({ id }) => id);
}
