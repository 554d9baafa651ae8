import type { Database } from '@otpost/database';
import type { DrainTarget } from './drain-lanes.js';

export type DueEndpoint = DrainTarget & { workspaceId: string };

/** Endpoints of all workspaces that have something due which nobody is at. For the sweeper. */
export async function dueEndpoints({ pool }: Database, now: Date): Promise<DueEndpoint[]> {
  const { rows } = await pool.query<DueEndpoint>({
    name: 'due_endpoints',
    text: `SELECT workspace_id AS "workspaceId", endpoint_id AS "endpointId", is_failing AS "isFailing" FROM due_endpoints($1)`,
    values: [now],
  });
  return rows;
}
