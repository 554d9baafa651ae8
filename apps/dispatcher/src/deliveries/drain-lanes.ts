import { drainEndpoint, drainFailingEndpoint, type JobOf } from '@otpost/contracts';

/** An endpoint with something to send. */
export interface DrainTarget {
  endpointId: string;
  isFailing: boolean;
}

/** The job that drains an endpoint, in the lane for its kind: what `JobQueues.add` takes. */
export function drainJobOf(
  workspaceId: string,
  { endpointId, isFailing }: DrainTarget,
): [typeof drainEndpoint, JobOf<typeof drainEndpoint>] {
  return [isFailing ? drainFailingEndpoint : drainEndpoint, { workspace_id: workspaceId, endpoint_id: endpointId }];
}
