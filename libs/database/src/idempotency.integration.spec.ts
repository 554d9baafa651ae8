import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Database, OwnerDatabase } from './database.js';
import { runIdempotently, sweepIdempotencyRecords } from './idempotency.js';
import type { IdempotentOutcome, IdempotentRequest } from './idempotency.js';
import { createTestDatabase, insertWorkspace } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

describe('runIdempotently', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let vault: Database;
  let workspace: SeededWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    vault = new Database({ url: database.urls.vault, applicationName: 'spec' });
    workspace = await owner.asSystem((tx) => insertWorkspace(tx));
  });
  afterAll(async () => {
    await vault.close();
    await owner.close();
    await database.drop();
  });

  const start = new Date('2026-01-01T00:00:00Z');
  const after = (seconds: number) => new Date(start.getTime() + seconds * 1000);
  const body = Uint8Array.from([1, 2, 3]);

  function request(overrides: Partial<IdempotentRequest> = {}): IdempotentRequest {
    return {
      workspaceId: workspace.workspaceId,
      route: 'POST /x',
      key: uuidv7(),
      bodyHmac: body,
      now: start,
      ...overrides,
    };
  }

  function run(of: IdempotentRequest, create: () => Promise<IdempotentOutcome>) {
    return vault.withWorkspace(workspace.workspaceId, (tx) => runIdempotently(tx, of, create));
  }

  const created = (resourceId: string) => () => Promise.resolve({ status: 201, resourceId });
  const mustNotRun = () => Promise.reject(new Error('ran again'));

  it('runs once and answers a repeat with the first outcome', async () => {
    const first = request();
    expect(await run(first, created('a'))).toEqual({ replayed: false, status: 201, resourceId: 'a' });
    expect(await run(first, mustNotRun)).toEqual({ replayed: true, status: 201, resourceId: 'a' });
  });

  it('refuses the key with another body', async () => {
    const first = request();
    await run(first, created('a'));
    const other = run({ ...first, bodyHmac: Uint8Array.from([1, 2, 4]) }, mustNotRun);
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    const longer = run({ ...first, bodyHmac: Uint8Array.from([1, 2, 3, 4]) }, mustNotRun);
    await expect(longer).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('takes the same key on another route, or in another workspace, for another call', async () => {
    const first = request();
    await run(first, created('a'));
    expect(await run({ ...first, route: 'POST /y' }, created('b'))).toMatchObject({ replayed: false });
    const other = await owner.asSystem((tx) => insertWorkspace(tx));
    const elsewhere = await vault.withWorkspace(other.workspaceId, (tx) =>
      runIdempotently(tx, { ...first, workspaceId: other.workspaceId }, created('c')),
    );
    expect(elsewhere).toMatchObject({ replayed: false, resourceId: 'c' });
  });

  it('tells a repeat that comes too early that the first is in flight, and makes it wait for nothing', async () => {
    const first = request();
    let started = () => {};
    let finish = () => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const slow = run(first, async () => {
      started();
      await finished;
      return { status: 201, resourceId: 'a' };
    });
    await running;
    await expect(run(first, mustNotRun)).rejects.toMatchObject({ code: 'idempotency_in_flight' });
    finish();
    await slow;
    expect(await run(first, mustNotRun)).toMatchObject({ replayed: true, resourceId: 'a' });
  });

  it('runs once when twenty come at the same time', async () => {
    const same = request();
    let runs = 0;
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        run(same, () => {
          runs += 1;
          return Promise.resolve({ status: 201, resourceId: 'a' });
        }),
      ),
    );
    expect(runs).toBe(1);
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'idempotency_in_flight' });
      else expect(result.value.resourceId).toBe('a');
    }
  });

  it('keeps nothing of a call that failed, so that it may be repeated', async () => {
    const first = request();
    await expect(run(first, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await run(first, created('b'))).toMatchObject({ replayed: false, resourceId: 'b' });
  });

  it('shows a once-only secret again for 10 minutes, then only the resource', async () => {
    const first = request();
    const once = Uint8Array.from([9, 9, 9]);
    const onceDataKeyId = workspace.dataKeyId;
    await run(first, () => Promise.resolve({ status: 201, resourceId: 'a', once, onceDataKeyId }));
    const early = await run({ ...first, now: after(599) }, mustNotRun);
    expect(Buffer.from(early.once ?? [])).toEqual(Buffer.from(once));
    expect(early.onceDataKeyId).toBe(onceDataKeyId);
    const late = await run({ ...first, now: after(600) }, mustNotRun);
    expect(late).toMatchObject({ replayed: true, resourceId: 'a' });
    expect(late).not.toHaveProperty('once');
  });

  it('forgets the key after 24 hours', async () => {
    const first = request();
    await run(first, created('a'));
    expect(await run({ ...first, now: after(86_399) }, mustNotRun)).toMatchObject({ replayed: true });
    expect(await run({ ...first, now: after(86_400) }, created('b'))).toMatchObject({
      replayed: false,
      resourceId: 'b',
    });
  });

  it('serves calls with the root key, which name no workspace', async () => {
    const root = request({ workspaceId: null, route: 'POST /v1/workspaces' });
    const call = (create: () => Promise<IdempotentOutcome>) =>
      vault.transaction((tx) => runIdempotently(tx, root, create));
    expect(await call(created('w'))).toMatchObject({ replayed: false });
    expect(await call(mustNotRun)).toMatchObject({ replayed: true, resourceId: 'w' });
    const gateway = new Database({ url: database.urls.gateway, applicationName: 'spec' });
    try {
      expect(await gateway.prisma.idempotencyRecord.findMany()).toEqual([]);
    } finally {
      await gateway.close();
    }
  });

  it('sweeps expired records, and secrets whose time is over', async () => {
    const first = request();
    await run(first, () => Promise.resolve({ status: 201, resourceId: 'a', once: body }));
    const find = () => owner.prisma.idempotencyRecord.findFirst({ where: { key: first.key } });
    await owner.asSystem((tx) => sweepIdempotencyRecords(tx, after(600)));
    expect(await find()).toMatchObject({ resourceId: 'a', onceSecret: null, onceUntil: null });
    await owner.asSystem((tx) => sweepIdempotencyRecords(tx, after(86_400)));
    expect(await find()).toBeNull();
  });
});
