import { Inject, Injectable } from '@nestjs/common';
import { apiKeyRevoked, workspaceDeleted } from '@otpost/contracts';
import { Broadcast } from '@otpost/messaging';
import { DataKeys } from '../keys/data-keys.js';

/**
 * Tells every process that keeps something of a key or a workspace in memory that it is gone. When Redis is away nobody is told, and
 * nobody needs to be: who listens does not trust its memory while the line is cut.
 */
@Injectable()
export class KeyChanges {
  constructor(
    @Inject(Broadcast) private readonly broadcast: Broadcast,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {
    broadcast.subscribe(
      workspaceDeleted,
      ({ id }) => dataKeys.forget(id),
      () => dataKeys.forgetAll(),
    );
  }

  /** An API key was revoked; so were the tokens made from it. */
  async apiKeyRevoked(id: string): Promise<void> {
    await this.broadcast.publish(apiKeyRevoked, { id }).catch(() => undefined);
  }

  /** A workspace is gone, with its keys. */
  async workspaceDeleted(id: string): Promise<void> {
    this.dataKeys.forget(id);
    await this.broadcast.publish(workspaceDeleted, { id }).catch(() => undefined);
  }
}
