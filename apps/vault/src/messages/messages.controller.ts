import { Controller, Inject } from '@nestjs/common';
import {
  authResults,
  inboundMessagePlace,
  listMessages,
  messageContent,
  messageExtraction,
  notFound,
  readMessage,
  type FullMessage,
  type MessageView,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database, type InboundMessage } from '@otpost/database';
import { openText } from '@otpost/envelope';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { DataKeys } from '../keys/data-keys.js';

const withoutContent = { content: true, extraction: true } as const;

/** What came in: who wrote to whom, what became of it, and, while it is kept, what it said. */
@Controller()
export class MessagesController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  @Rpc(listMessages)
  async list({
    workspace_id: workspaceId,
    credential_id,
    state,
    page,
  }: RequestOf<typeof listMessages>): Promise<ResponseOf<typeof listMessages>> {
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.inboundMessage.findMany({
        where: {
          workspaceId,
          ...(credential_id === null ? {} : { credentialId: credential_id }),
          ...(state === null ? {} : { state }),
          ...(page.cursor == null ? {} : { id: { lt: page.cursor } }),
        },
        orderBy: { id: 'desc' },
        take: page.limit + 1,
        omit: withoutContent,
      }),
    );
    const items = rows.slice(0, page.limit);
    return {
      items: items.map(viewOf),
      next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null,
    };
  }

  @Rpc(readMessage)
  async read(request: RequestOf<typeof readMessage>): Promise<ResponseOf<typeof readMessage>> {
    const { workspace_id: workspaceId, id } = request;
    const row = await this.database.withWorkspace(workspaceId, async (tx) => {
      const found = await tx.inboundMessage.findUnique({ where: { id } });
      if (found === null) throw notFound('message');
      await recordAudit(tx, request, {
        workspaceId,
        action: 'inbound_message.read',
        resource: { type: 'inbound_message', id },
      });
      return found;
    });
    return { ...viewOf(row), ...(await this.#open(row)) };
  }

  /** What is still sealed to the vault's key pair, or never opened, is as if it were not there. */
  async #open(row: InboundMessage): Promise<Pick<FullMessage, 'content' | 'extraction'>> {
    const { id, workspaceId, dataKeyId, content, extraction } = row;
    if (dataKeyId === null) return { content: null, extraction: null };
    return this.dataKeys.use(workspaceId, dataKeyId, (key) => {
      const parsed = (column: 'content' | 'extraction', sealed: Uint8Array): unknown =>
        JSON.parse(openText(key, sealed, inboundMessagePlace(workspaceId, id, column)).reveal());
      return {
        content: content === null ? null : messageContent.parse(parsed('content', content)),
        extraction: extraction === null ? null : messageExtraction.parse(parsed('extraction', extraction)),
      };
    });
  }
}

function viewOf(row: Omit<InboundMessage, keyof typeof withoutContent>): MessageView {
  return {
    id: row.id,
    channel: row.channel,
    source: row.source,
    from: row.sender,
    to: row.recipient,
    original_from: row.originalSender,
    received_at: row.receivedAt.toISOString(),
    state: row.state,
    reason: row.stateReason,
    credential_id: row.credentialId,
    inbox_id: row.inboxId,
    phone_number_id: row.phoneNumberId,
    auth_results: row.authResults === null ? null : authResults.parse(row.authResults),
    size_bytes: row.sizeBytes,
    purged_at: row.purgedAt?.toISOString() ?? null,
  };
}
