/** Tells every process that keeps something of a key or a workspace in memory that it changed. */
export abstract class KeyChanges {
  /** An API key was revoked; so were the tokens made from it. */
  abstract apiKeyRevoked(id: string): Promise<void>;
  /** Nothing of this workspace may be served from memory any more. */
  abstract workspaceDeleted(id: string): Promise<void>;
}
