const name = 'otpost-workspace';
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Where this browser signed in as a seat last, so that nobody types a workspace's id twice. It is no secret. */
export function knownWorkspace(): string | null {
  try {
    return workspaceIn(localStorage.getItem(name) ?? '');
  } catch {
    return null; // a browser that stores nothing
  }
}

export function rememberWorkspace(id: string): void {
  try {
    localStorage.setItem(name, id);
  } catch {
    // then it is asked for again
  }
}

/** The workspace's id in what somebody has: the id, or the whole address that they were given. */
export function workspaceIn(text: string): string | null {
  return uuid.exec(text)?.[0].toLowerCase() ?? null;
}
