import { Inject, Injectable } from '@nestjs/common';
import type { Scope } from '@otpost/contracts';
import { Database, findApiKey, orUnavailable } from '@otpost/database';
import type { KeySource, KnownKey } from './api-keys.js';

/** Keys in PostgreSQL, by the one look-up that this role may do before the workspace is known. */
@Injectable()
export class DatabaseKeySource implements KeySource {
  constructor(@Inject(Database) private readonly database: Database) {}

  async find(id: string): Promise<KnownKey | null> {
    const key = await orUnavailable(findApiKey(this.database.pool, id));
    if (key === undefined || key.revokedAt !== null) return null;
    return {
      id,
      countedAs: key.parentId ?? id,
      workspaceId: key.workspaceId,
      seatId: key.seatId,
      secretHash: key.secretHash,
      scopes: new Set(key.scopes as Scope[]),
      expiresAtMs: key.expiresAt?.getTime() ?? null,
      rateLimitPerSecond: key.rateLimitPerSecond,
    };
  }
}
