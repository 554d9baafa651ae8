/** The data key of a workspace in these specs, without asking: the id of the workspace with its last digit changed. */
export function dataKeyIdOf(workspaceId: string): string {
  const last = workspaceId.at(-1) === '0' ? '1' : '0';
  return workspaceId.slice(0, -1) + last;
}
