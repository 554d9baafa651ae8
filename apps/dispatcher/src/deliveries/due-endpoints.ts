import type { OwnerDatabase } from '@otpost/database';
import type { DrainTarget } from './drain-lanes.js';

export type DueEndpoint = DrainTarget & { workspaceId: string };

/**
 * Endpoints that have something due which nobody is at. For the sweeper. Walks the index from endpoint to endpoint, so that a long queue
 * costs no more than a short one.
 */
export async function dueEndpoints(owner: OwnerDatabase, now: Date): Promise<DueEndpoint[]> {
  const { rows } = await owner.pool.query<DueEndpoint>({
    name: 'due_endpoints',
    text: `WITH RECURSIVE waiting AS (
             (SELECT endpoint_id FROM delivery WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
             UNION ALL
             SELECT (
               SELECT d.endpoint_id FROM delivery d
               WHERE d.state = 'pending' AND d.endpoint_id > waiting.endpoint_id ORDER BY d.endpoint_id LIMIT 1)
             FROM waiting WHERE waiting.endpoint_id IS NOT NULL
           )
           SELECT w.workspace_id AS "workspaceId", w.id AS "endpointId", w.failing_since IS NOT NULL AS "isFailing"
           FROM waiting JOIN webhook_endpoint w ON w.id = waiting.endpoint_id
           WHERE EXISTS (
             SELECT FROM delivery d
             WHERE d.endpoint_id = w.id AND d.state = 'pending' AND d.next_attempt_at <= $1
               AND (d.leased_until IS NULL OR d.leased_until <= $1))`,
    values: [now],
  });
  return rows;
}
