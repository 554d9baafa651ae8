import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { DeliveryState } from '@otpost/database';
import { resolvedEvent, TestDispatcher } from '../testing/test-dispatcher.js';
import { recordAttempts, type Attempt } from './record-attempts.js';
import { takeDeliveries } from './take-deliveries.js';

const success: Attempt['answer'] = { success: true, status: 200, error: null, response: '', retryAfterMs: null };
const failure: Attempt['answer'] = { ...success, success: false, status: 500, error: 'http_status' };

// No dispatcher runs: what is called here is all that happens.
describe('the statements of the hot path', () => {
  let dispatcher: TestDispatcher;
  let workspaceId: string;
  let endpointId: string;

  beforeAll(async () => {
    dispatcher = await TestDispatcher.prepare();
  }, 60_000);
  afterAll(() => dispatcher.close(), 60_000);

  beforeEach(async () => {
    workspaceId = await dispatcher.makeWorkspace();
    endpointId = uuidv7();
    const { dataKeyId } = await dispatcher.owner.prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    const row = { id: endpointId, workspaceId, url: 'http://127.0.0.1/', secret: new Uint8Array(1) };
    await dispatcher.owner.prisma.webhookEndpoint.create({ data: { ...row, dataKeyId: dataKeyId ?? '' } });
  });

  async function deliveries(count: number): Promise<string[]> {
    const eventIds = await dispatcher.emit(
      workspaceId,
      Array.from({ length: count }, () => resolvedEvent()),
    );
    const rows = eventIds.map((eventId, n) => ({
      id: uuidv7(),
      workspaceId,
      endpointId,
      eventId,
      nextAttemptAt: new Date(Date.now() - 60_000 + n),
    }));
    await dispatcher.owner.prisma.delivery.createMany({ data: rows });
    return rows.map(({ id }) => id);
  }

  const take = (limit: number, of = workspaceId, now = new Date()) =>
    takeDeliveries(dispatcher.database.pool, { workspaceId: of, endpointId, limit, now });
  const record = (attempts: Attempt[], of = workspaceId) => recordAttempts(dispatcher.database.pool, of, attempts);
  const attemptOf = (deliveryId: string, more: Partial<Attempt> = {}): Attempt => ({
    id: uuidv7(),
    deliveryId,
    trigger: 'schedule',
    startedAtMs: Date.now(),
    durationMs: 5,
    answer: success,
    onFailure: null,
    ...more,
  });
  const rowOf = (id: string) =>
    dispatcher.owner.prisma.delivery.findUniqueOrThrow({ where: { id }, include: { attempts: true } });

  it('takes the longest due first, each once, and again when its lease is over', async () => {
    const ids = await deliveries(5);
    expect((await take(3)).map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect((await take(3)).map(({ id }) => id)).toEqual(ids.slice(3));
    expect(await take(3)).toEqual([]);
    expect(await take(9, workspaceId, new Date(Date.now() + 31_000))).toHaveLength(5);
  });

  it('gives each of a hundred to one of ten who take at once', async () => {
    const ids = await deliveries(100);
    const taken = (await Promise.all(Array.from({ length: 10 }, () => take(10)))).flat();
    // Who finds rows locked takes fewer: nobody waits, and nothing is taken twice.
    expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
    const rest = await take(100);
    expect([...taken, ...rest].map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it('writes an attempt down once, however often it is told', async () => {
    const [id = ''] = await deliveries(1);
    await take(1);
    const attempt = attemptOf(id);
    await Promise.all([record([attempt]), record([attempt])]);
    await record([attempt]);
    const row = await rowOf(id);
    expect(row).toMatchObject({ state: 'delivered', attemptCount: 1, nextAttemptAt: null, leasedUntil: null });
    expect(row.attempts).toHaveLength(1);
  });

  it('counts a late success whatever has become of the delivery, and moves nothing by a late failure', async () => {
    const [succeeded = '', failed = ''] = await deliveries(2);
    await take(2);
    const held = { state: 'held' as DeliveryState, nextAttemptAt: null };
    await dispatcher.owner.prisma.delivery.updateMany({ where: { endpointId }, data: held });
    const onFailure = { state: 'pending' as const, nextAttemptAtMs: Date.now() };
    await record([attemptOf(succeeded), attemptOf(failed, { answer: failure, onFailure })]);
    expect((await rowOf(succeeded)).state).toBe('delivered');
    expect(await rowOf(failed)).toMatchObject({ ...held, attemptCount: 1 });
  });

  it("neither takes nor writes of what is another workspace's, or gone", async () => {
    const [id = ''] = await deliveries(1);
    const other = await dispatcher.makeWorkspace();
    expect(await take(1, other)).toEqual([]);
    await record([attemptOf(id), attemptOf(uuidv7())], other);
    await record([attemptOf(uuidv7())]);
    expect(await rowOf(id)).toMatchObject({ state: 'pending', attemptCount: 0, leasedUntil: null, attempts: [] });
    expect(await dispatcher.owner.prisma.deliveryAttempt.count({ where: { workspaceId: other } })).toBe(0);
  });
});
