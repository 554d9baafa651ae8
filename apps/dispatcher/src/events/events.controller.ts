import { Controller, Inject } from '@nestjs/common';
import { getEvent, listEvents, notFound, readEventStream, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { viewOfEvent } from './event-rows.js';
import { PageLinks } from './page-links.js';

/** What happened in a workspace: as a list, and as a stream. */
@Controller()
export class EventsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PageLinks) private readonly pages: PageLinks,
  ) {}

  /** Newest first. */
  @Rpc(listEvents)
  async list(request: RequestOf<typeof listEvents>): Promise<ResponseOf<typeof listEvents>> {
    const { workspace_id: workspaceId, type, session_id: sessionId, page } = request;
    const rows = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.event.findMany({
        where: {
          workspaceId,
          ...(type === null ? {} : { type }),
          ...(sessionId === null ? {} : { sessionId }),
          ...(page.cursor == null ? {} : { id: { lt: page.cursor } }),
        },
        orderBy: { id: 'desc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map((row) => viewOfEvent(row, this.pages));
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Rpc(getEvent)
  async get({ workspace_id, id }: RequestOf<typeof getEvent>): Promise<ResponseOf<typeof getEvent>> {
    const row = await this.database.withWorkspace(workspace_id, (tx) => tx.event.findUnique({ where: { id } }));
    if (row === null) throw notFound('event');
    return viewOfEvent(row, this.pages);
  }

  /**
   * Places are given one after the other in the order of commits, so nothing can appear later behind what was read here. Places are read only
   * up to the end that was seen first: a filtered page that ends before its limit has seen all up to there.
   */
  @Rpc(readEventStream)
  async readStream(request: RequestOf<typeof readEventStream>): Promise<ResponseOf<typeof readEventStream>> {
    const { workspace_id: workspaceId, after, client_id: clientId, limit } = request;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const [stream] = await tx.$queryRaw<[{ length: bigint }]>`
        SELECT coalesce(max(position), 0) AS length FROM event WHERE workspace_id = ${workspaceId}::uuid`;
      const end = Number(stream.length);
      if (after === null || after >= end) return { items: [], position: end, is_complete: true };
      const rows = await tx.event.findMany({
        where: {
          workspaceId,
          position: { gt: after, lte: end },
          ...(clientId === null ? {} : { OR: [{ clientId }, { clientId: null }] }),
        },
        orderBy: { position: 'asc' },
        take: limit,
      });
      const items = rows.map((row) => ({ ...viewOfEvent(row, this.pages), position: Number(row.position) }));
      const last = items.at(-1);
      return items.length === limit && last !== undefined && last.position < end
        ? { items, position: last.position, is_complete: false }
        : { items, position: end, is_complete: true };
    });
  }
}
