import { Controller, Inject } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import {
  createWorkspace,
  deleteWorkspace,
  getWorkspace,
  listWorkspaces,
  notFound,
  scopes,
  updateWorkspace,
  workspaceSettings,
  type RequestOf,
  type ResponseOf,
  type Scope,
} from '@otpost/contracts';
import { Database, OwnerDatabase, setWorkspace, type Workspace } from '@otpost/database';
import { generateClientEncryptionKey, seal, Secret } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { insertApiKey } from '../api-keys/api-key-rows.js';
import { KeyChanges } from '../api-keys/key-changes.js';
import { recordAudit } from '../audit/record-audit.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { clientKeyPlace } from './client-encryption-key.js';

/** Workspaces, for the root key alone. */
@Controller()
export class WorkspacesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject(KeyChanges) private readonly keyChanges: KeyChanges,
  ) {}

  /** The workspace, its data key, its first API key and its client encryption key: all of it, or nothing. */
  @Rpc(createWorkspace)
  async create(request: RequestOf<typeof createWorkspace>): Promise<ResponseOf<typeof createWorkspace>> {
    const { workspace, idempotency } = request;
    let dataKeyId: string | undefined;
    const work = this.database.transaction(async (tx) => {
      const created = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId: null,
        idempotency,
        status: 201,
        workspaceOf: ({ resourceId }) => resourceId,
        create: async () => {
          const id = uuidv7();
          await setWorkspace(tx, id);
          const clientKey = generateClientEncryptionKey();
          const settings = workspace.settings ?? {};
          // The data key's row needs the workspace's first, and the workspace's the key that seals its client key.
          const placeholder = {
            id,
            name: workspace.name,
            settings,
            clientEncryptionKey: new Uint8Array(),
            dataKeyId: id,
          };
          await tx.workspace.create({ data: placeholder });
          dataKeyId = await this.dataKeys.create(tx, id, 1);
          const sealed = await this.dataKeys.use(id, dataKeyId, (key) =>
            seal(key, clientKey.reveal(), clientKeyPlace(id)),
          );
          await tx.workspace.update({ where: { id }, data: { clientEncryptionKey: sealed, dataKeyId } });
          const apiKey = await insertApiKey(tx, id, { name: 'first key', env: 'live', scopes: [...scopes] });
          await recordAudit(tx, request, {
            workspaceId: id,
            action: 'workspace.created',
            resource: { type: 'workspace', id },
          });
          return { resourceId: id, shownOnce: new Secret(JSON.stringify([apiKey.text.reveal(), clientKey.reveal()])) };
        },
      });
      const id = created.resourceId;
      await setWorkspace(tx, id);
      const row = await tx.workspace.findUnique({ where: { id } });
      if (row === null) throw notFound('workspace');
      const firstKey = await tx.apiKey.findFirstOrThrow({
        where: { workspaceId: id, parentId: null },
        orderBy: { createdAt: 'asc' },
      });
      const shown =
        created.shownOnce === null ? [null, null] : (JSON.parse(created.shownOnce.reveal()) as [string, string]);
      return {
        workspace: viewOfWorkspace(row),
        api_key: { id: firstKey.id, key: secretOrNull(shown[0]), scopes: firstKey.scopes as Scope[] },
        client_encryption_key: secretOrNull(shown[1]),
        status: created.status,
      };
    });
    return work.finally(() => {
      if (dataKeyId !== undefined) this.dataKeys.settled(dataKeyId);
    });
  }

  @Rpc(getWorkspace)
  async get({ id }: RequestOf<typeof getWorkspace>): Promise<ResponseOf<typeof getWorkspace>> {
    const row = await this.database.withWorkspace(id, (tx) => tx.workspace.findUnique({ where: { id } }));
    if (row === null) throw notFound('workspace');
    return viewOfWorkspace(row);
  }

  @Rpc(listWorkspaces)
  async list({ page }: RequestOf<typeof listWorkspaces>): Promise<ResponseOf<typeof listWorkspaces>> {
    const rows = await this.owner.asSystem((tx) =>
      tx.workspace.findMany({
        ...(page.cursor == null ? {} : { where: { id: { gt: page.cursor } } }),
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(viewOfWorkspace),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(updateWorkspace)
  async update(request: RequestOf<typeof updateWorkspace>): Promise<ResponseOf<typeof updateWorkspace>> {
    const { id, change } = request;
    return this.database.withWorkspace(id, async (tx) => {
      await tx.$queryRaw`SELECT id FROM workspace WHERE id = ${id}::uuid FOR UPDATE`;
      const row = await tx.workspace.findUnique({ where: { id } });
      if (row === null) throw notFound('workspace');
      const settings = { ...(row.settings as object), ...change.settings };
      const updated = await tx.workspace.update({
        where: { id },
        data: { settings, ...(change.name === undefined ? {} : { name: change.name }) },
      });
      const details = {
        fields: [...(change.name === undefined ? [] : ['name']), ...Object.keys(change.settings ?? {})],
      };
      await recordAudit(tx, request, {
        workspaceId: id,
        action: 'workspace.updated',
        resource: { type: 'workspace', id },
        details,
      });
      return viewOfWorkspace(updated);
    });
  }

  /** Its data keys go with the row, and with them everything that a backup or a log of the database still holds of it. */
  @Rpc(deleteWorkspace)
  async delete(request: RequestOf<typeof deleteWorkspace>): Promise<ResponseOf<typeof deleteWorkspace>> {
    const { id } = request;
    await this.database.withWorkspace(
      id,
      async (tx) => {
        await recordAudit(tx, request, {
          workspaceId: id,
          action: 'workspace.deleted',
          resource: { type: 'workspace', id },
        });
        const { count } = await tx.workspace.deleteMany({ where: { id } });
        if (count === 0) throw notFound('workspace');
      },
      { timeoutMs: 60_000 },
    );
    await this.keyChanges.workspaceDeleted(id);
    return {};
  }
}

/** Only what differs from the defaults is stored, so that a better default reaches everyone. */
export function viewOfWorkspace(row: Workspace): ResponseOf<typeof getWorkspace> {
  return {
    id: row.id,
    name: row.name,
    settings: workspaceSettings.parse(row.settings),
    created_at: row.createdAt.toISOString(),
  };
}

function secretOrNull(text: string | null | undefined): Secret | null {
  return text == null ? null : new Secret(text);
}
