import { Controller, Inject } from '@nestjs/common';
import {
  apiKeysUsed,
  AppError,
  createApiKey,
  fieldError,
  listApiKeys,
  mintAccessToken,
  notFound,
  revokeAccessToken,
  revokeApiKey,
  type PayloadOf,
  type RequestOf,
  type ResponseOf,
  type Scope,
} from '@otpost/contracts';
import { Database, touchApiKeys, type ApiKey, type Prisma } from '@otpost/database';
import { OnEvent, Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { insertApiKey } from './api-key-rows.js';
import { KeyChanges } from './key-changes.js';

type ApiKeyView = ResponseOf<typeof listApiKeys>['items'][number];

/** API keys, and the short-lived tokens minted from them. */
@Controller()
export class ApiKeysController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(KeyChanges) private readonly keyChanges: KeyChanges,
  ) {}

  @Rpc(createApiKey)
  async create(request: RequestOf<typeof createApiKey>): Promise<ResponseOf<typeof createApiKey>> {
    const { workspace_id: workspaceId, api_key: given, idempotency } = request;
    const expiresAt = given.expires_at == null ? null : new Date(given.expires_at);
    if (expiresAt !== null && expiresAt.getTime() <= Date.now()) throw fieldError('expires_at', 'is in the past');
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const maker = await tx.apiKey.findUnique({ where: { id: request.actor.id }, select: { parentId: true } });
      if (maker?.parentId != null || request.actor.kind === 'seat') throw notForTokens();
      const created = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 201,
        create: async () => {
          const { env, scopes, name = '', rate_limit_per_second: rateLimitPerSecond = null } = given;
          const key = await insertApiKey(tx, workspaceId, {
            name,
            env,
            scopes: [...new Set(scopes)],
            expiresAt,
            rateLimitPerSecond,
          });
          const resource = { type: 'api_key', id: key.id };
          await recordAudit(tx, request, { workspaceId, action: 'api_key.created', resource, details: { scopes } });
          return { resourceId: key.id, shownOnce: key.text };
        },
      });
      const row = await tx.apiKey.findUnique({ where: { id: created.resourceId } });
      if (row === null) throw notFound('API key');
      return { api_key: { ...viewOfApiKey(row), key: created.shownOnce }, status: created.status };
    });
  }

  @Rpc(listApiKeys)
  async list({ workspace_id, page }: RequestOf<typeof listApiKeys>): Promise<ResponseOf<typeof listApiKeys>> {
    const rows = await this.database.withWorkspace(workspace_id, (tx) =>
      tx.apiKey.findMany({
        where: {
          workspaceId: workspace_id,
          parentId: null,
          seatId: null,
          ...(page.cursor == null ? {} : { id: { gt: page.cursor } }),
        },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(viewOfApiKey),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(revokeApiKey)
  async revoke(request: RequestOf<typeof revokeApiKey>): Promise<ResponseOf<typeof revokeApiKey>> {
    await this.#revoke(request, request.id, 'API key', 'api_key.revoked', { parentId: null, seatId: null });
    return {};
  }

  @Rpc(mintAccessToken)
  async mint(request: RequestOf<typeof mintAccessToken>): Promise<ResponseOf<typeof mintAccessToken>> {
    const { workspace_id: workspaceId, parent_id: parentId, ttl_seconds } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const parent = await tx.apiKey.findUnique({ where: { id: parentId } });
      if (parent === null || parent.revokedAt !== null) throw notFound('API key');
      if (parent.parentId !== null || parent.seatId !== null) throw notForTokens();
      const wanted = Date.now() + ttl_seconds * 1_000;
      const expiresAt = new Date(Math.min(wanted, parent.expiresAt?.getTime() ?? wanted));
      const scopes = parent.scopes as Scope[];
      const token = await insertApiKey(tx, workspaceId, {
        name: 'access token',
        env: parent.env,
        scopes,
        parentId,
        expiresAt,
      });
      const resource = { type: 'access_token', id: token.id };
      await recordAudit(tx, request, {
        workspaceId,
        action: 'access_token.minted',
        resource,
        details: { parent_id: parentId },
      });
      return { token: token.text, token_id: token.id, expires_at: expiresAt.toISOString() };
    });
  }

  @Rpc(revokeAccessToken)
  async revokeToken(request: RequestOf<typeof revokeAccessToken>): Promise<ResponseOf<typeof revokeAccessToken>> {
    await this.#revoke(request, request.id, 'access token', 'access_token.revoked', {
      OR: [{ parentId: { not: null } }, { seatId: { not: null } }],
    });
    return {};
  }

  @OnEvent(apiKeysUsed)
  async used({ uses }: PayloadOf<typeof apiKeysUsed>): Promise<void> {
    await touchApiKeys(
      this.database.pool,
      uses.map(({ id, at_ms }) => ({ keyId: id, usedAt: new Date(at_ms) })),
    );
  }

  /** Revoking twice is no error: the key is revoked, which is what was asked for. */
  async #revoke(
    request: RequestOf<typeof revokeApiKey>,
    id: string,
    what: string,
    action: string,
    kind: Prisma.ApiKeyWhereInput,
  ): Promise<void> {
    const { workspace_id: workspaceId } = request;
    await this.database.withWorkspace(workspaceId, async (tx) => {
      const row = await tx.apiKey.findFirst({ where: { id, ...kind } });
      if (row === null) throw notFound(what);
      const { count } = await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
      if (count === 1)
        await recordAudit(tx, request, { workspaceId, action, resource: { type: action.split('.', 1)[0] ?? '', id } });
    });
    await this.keyChanges.apiKeyRevoked(id);
  }
}

/** What lives for minutes must not leave behind what lives for good. */
function notForTokens(): AppError {
  return new AppError('forbidden', 'an access token makes no keys and no tokens: use the API key');
}

function viewOfApiKey(row: ApiKey): ApiKeyView {
  return {
    id: row.id,
    name: row.name === '' ? null : row.name,
    env: row.env,
    scopes: row.scopes as Scope[],
    rate_limit_per_second: row.rateLimitPerSecond,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    revoked_at: row.revokedAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
