import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { listSessionWebhooks, replaySession, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database, type Prisma } from '@otpost/database';
import { Rpc, RpcContext } from '@otpost/messaging';
import { buildWebhookBody } from '@otpost/webhook-signing';
import { payloadOf } from '../events/event-rows.js';
import { PageLinks } from '../events/page-links.js';
import { assertSessionKnown } from './known-session.js';
import { describe, ReplaySession } from './replay-session.js';

type Entry = ResponseOf<typeof listSessionWebhooks>['webhook_events'][number];

const mostEntries = 1_000;
const everything = {
  event: true,
  endpoint: { select: { url: true } },
  attempts: { orderBy: { id: 'asc' } },
} as const satisfies Prisma.DeliveryInclude;

/** The webhooks of one session, as CloudCruise's clients know them. */
@Controller()
export class SessionsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ReplaySession) private readonly replaySession: ReplaySession,
    @Inject(PageLinks) private readonly pages: PageLinks,
  ) {}

  /** Oldest first. */
  @Rpc(listSessionWebhooks)
  async list(request: RequestOf<typeof listSessionWebhooks>): Promise<ResponseOf<typeof listSessionWebhooks>> {
    const { workspace_id: workspaceId, session_id: sessionId } = request;
    const rows = await this.database.withWorkspace(workspaceId, async (tx) => {
      await assertSessionKnown(tx, workspaceId, sessionId);
      return tx.delivery.findMany({
        where: { workspaceId, event: { sessionId } },
        include: everything,
        orderBy: { id: 'asc' },
        take: mostEntries,
      });
    });
    return { webhook_events: rows.map((row) => this.#entryOf(row, sessionId)) };
  }

  @Rpc(replaySession)
  replay(
    @Payload() request: RequestOf<typeof replaySession>,
    @Ctx() context: RpcContext,
  ): Promise<ResponseOf<typeof replaySession>> {
    return this.replaySession.replay(request, context.signal);
  }

  #entryOf(row: Prisma.DeliveryGetPayload<{ include: typeof everything }>, sessionId: string): Entry {
    const { event, endpoint, attempts, state, createdAt } = row;
    const payload = payloadOf(event, this.pages);
    const last = attempts.at(-1);
    const content = { event: event.type, payload, metadata: event.metadata };
    const { text } = buildWebhookBody(content, (last?.startedAt ?? createdAt).getTime());
    return {
      created_at: event.createdAt.toISOString(),
      workflow_id: typeof payload['workflow_id'] === 'string' ? payload['workflow_id'] : null,
      session_id: sessionId,
      url: endpoint.url,
      delivered: state === 'delivered',
      delivery_errors: attempts
        .filter(({ success }) => !success)
        .map(({ error, statusCode }) => describe({ error, status: statusCode })),
      duration: last?.durationMs ?? null,
      retries: Math.max(0, attempts.length - 1),
      message: JSON.parse(text) as Entry['message'],
    };
  }
}
