import { Controller, Inject } from '@nestjs/common';
import {
  createInbox,
  getInbox,
  listInboxes,
  notFound,
  rotateInbox,
  type InboxView,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, type Prisma, type Transaction } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { lockCredential } from '../credentials/credential-rows.js';
import { createOnce } from '../idempotency/create-once.js';
import { DataKeys } from '../keys/data-keys.js';
import { ensureInbox } from './ensure-inbox.js';
import { generateLocalPart } from './inbox-address.js';

type InboxRow = Prisma.InboxGetPayload<{ include: { addresses: true } }>;

/** The private addresses of credentials. */
@Controller()
export class InboxesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
    @Inject('INBOX_DOMAIN') private readonly domain: string,
  ) {}

  @Rpc(createInbox)
  async create(request: RequestOf<typeof createInbox>): Promise<ResponseOf<typeof createInbox>> {
    const { workspace_id: workspaceId, credential_id: credentialId } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      // Locked, so that it is not deleted in between.
      await lockCredential(tx, workspaceId, { id: credentialId });
      return this.#view(tx, await ensureInbox(tx, request, credentialId));
    });
  }

  @Rpc(listInboxes)
  async list({
    workspace_id: workspaceId,
    credential_id,
    page,
  }: RequestOf<typeof listInboxes>): Promise<ResponseOf<typeof listInboxes>> {
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.inbox.findMany({
        where: {
          workspaceId,
          ...(credential_id === null ? {} : { credentialId: credential_id }),
          ...(page.cursor == null ? {} : { id: { gt: page.cursor } }),
        },
        orderBy: { id: 'asc' },
        take: page.limit + 1,
        include: { addresses: true },
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map((row) => this.#viewOf(row)),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(getInbox)
  async get({ workspace_id: workspaceId, id }: RequestOf<typeof getInbox>): Promise<ResponseOf<typeof getInbox>> {
    return this.database.withWorkspace(workspaceId, (tx) => this.#view(tx, id));
  }

  @Rpc(rotateInbox)
  async rotate(request: RequestOf<typeof rotateInbox>): Promise<ResponseOf<typeof rotateInbox>> {
    const { workspace_id: workspaceId, id, grace_seconds, idempotency } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const { resourceId, status } = await createOnce(tx, {
        dataKeys: this.dataKeys,
        workspaceId,
        idempotency,
        status: 200,
        create: async () => {
          await rotateAddress(tx, workspaceId, id, grace_seconds);
          await recordAudit(tx, request, {
            workspaceId,
            action: 'inbox.address_rotated',
            resource: { type: 'inbox', id },
            details: { grace_seconds },
          });
          return { resourceId: id, shownOnce: null };
        },
      });
      return { inbox: await this.#view(tx, resourceId), status };
    });
  }

  async #view(tx: Transaction, id: string): Promise<InboxView> {
    const row = await tx.inbox.findUnique({ where: { id }, include: { addresses: true } });
    if (row === null) throw notFound('inbox');
    return this.#viewOf(row);
  }

  #viewOf(row: InboxRow, now = new Date()): InboxView {
    const addressOf = (localPart: string) => `${localPart}@${this.domain}`;
    const current = row.addresses.find(({ validUntil }) => validUntil === null);
    const previous = row.addresses.flatMap(({ localPart, validUntil }) =>
      validUntil !== null && validUntil > now ? [{ localPart, validUntil }] : [],
    );
    return {
      id: row.id,
      credential_id: row.credentialId,
      address: addressOf(current?.localPart ?? ''),
      previous_addresses: previous
        .sort((a, b) => b.validUntil.getTime() - a.validUntil.getTime())
        .map(({ localPart, validUntil }) => ({
          address: addressOf(localPart),
          valid_until: validUntil.toISOString(),
        })),
      created_at: row.createdAt.toISOString(),
    };
  }
}

/** One rotation after the other: each leaves one current address. Addresses whose grace is over go for good. */
async function rotateAddress(tx: Transaction, workspaceId: string, inboxId: string, graceSeconds: number) {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM inbox WHERE id = ${inboxId}::uuid FOR UPDATE`;
  if (locked === undefined) throw notFound('inbox');
  await tx.$executeRaw`DELETE FROM inbox_address WHERE inbox_id = ${inboxId}::uuid AND valid_until <= clock_timestamp()`;
  await tx.$executeRaw`
    UPDATE inbox_address SET valid_until = clock_timestamp() + make_interval(secs => ${graceSeconds})
    WHERE inbox_id = ${inboxId}::uuid AND valid_until IS NULL`;
  await tx.inboxAddress.createMany({ data: { localPart: generateLocalPart(), workspaceId, inboxId } });
}
