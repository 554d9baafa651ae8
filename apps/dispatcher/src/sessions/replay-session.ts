import { Inject, Injectable } from '@nestjs/common';
import { AppError, type replaySession, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { AttemptNow, ensureDeliveries, type Pair } from '../deliveries/attempt-now.js';
import { planDeliveries } from '../events/plan-deliveries.js';
import { assertSessionKnown } from './known-session.js';

type Replay = ResponseOf<typeof replaySession>;
type Result = Replay['webhook_events'][number];

/** Requests under way at once, in the order of the events. */
const concurrency = 8;
/** More than that would not end while somebody waits. */
const mostDeliveries = 500;

/** Sends all events of a session again to every endpoint that is enabled and subscribed now, while the caller waits. */
@Injectable()
export class ReplaySession {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AttemptNow) private readonly attemptNow: AttemptNow,
  ) {}

  /** @param signal ends it: what was not sent by then is reported as failed */
  async replay(request: RequestOf<typeof replaySession>, signal: AbortSignal): Promise<Replay> {
    const { workspace_id: workspaceId, session_id: sessionId } = request;
    const deliveryIds = await this.database.withWorkspace(workspaceId, async (tx) => {
      await assertSessionKnown(tx, workspaceId, sessionId);
      const events = await tx.event.findMany({ where: { workspaceId, sessionId }, orderBy: { id: 'asc' } });
      const endpoints = await tx.webhookEndpoint.findMany({ where: { workspaceId, enabled: true } });
      const pairs: Pair[] = planDeliveries(events, endpoints);
      if (pairs.length > mostDeliveries) {
        throw new AppError('conflict', `the session has more than ${mostDeliveries} deliveries: retry them one by one`);
      }
      const resource = { type: 'session', id: sessionId };
      await recordAudit(tx, request, { action: 'session.replayed', resource, details: { deliveries: pairs.length } });
      return ensureDeliveries(tx, workspaceId, pairs);
    });
    const results = await this.#attemptAll(workspaceId, deliveryIds, signal);
    const succeeded = results.filter(({ success }) => success).length;
    return {
      status: succeeded === results.length ? 'success' : succeeded === 0 ? 'failed' : 'partial',
      info: results.length === 0 ? 'nothing to send' : `${succeeded} of ${results.length} webhooks were delivered`,
      nr_success: succeeded,
      nr_failed: results.length - succeeded,
      webhook_events: results,
    };
  }

  async #attemptAll(workspaceId: string, deliveryIds: readonly string[], signal: AbortSignal): Promise<Result[]> {
    const results: Result[] = deliveryIds.map(() => ({ success: false, response: '', error: 'not_attempted' }));
    let next = 0;
    const work = async () => {
      for (let index = next++; index < deliveryIds.length && !signal.aborted; index = next++) {
        results[index] = await this.#attempt(workspaceId, deliveryIds[index] ?? '');
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return results;
  }

  async #attempt(workspaceId: string, deliveryId: string): Promise<Result> {
    const { answer } = await this.attemptNow.attempt(workspaceId, deliveryId, 'replay');
    return { success: answer.success, response: answer.response ?? '', error: describe(answer) };
  }
}

/** `http_status 503`, `timeout`; empty on success. */
export function describe({ error, status }: { error: string | null; status: number | null }): string {
  if (error === null) return '';
  return status === null ? error : `${error} ${status}`;
}
