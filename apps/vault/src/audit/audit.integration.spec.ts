import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, OwnerDatabase } from '@otpost/database';
import { createTestDatabase, insertWorkspace, type TestDatabase } from '@otpost/database/testing';
import { RpcContext } from '@otpost/messaging';
import { createLogger } from '@otpost/platform';
import { v7 as uuidv7 } from 'uuid';
import { AuditController } from './audit.controller.js';
import { AuditSealer } from './audit-sealer.js';
import { UsageController } from './usage.controller.js';
import { verifyChain } from './verify-chain.js';

let testDatabase: TestDatabase;
let owner: OwnerDatabase;
let database: Database;
const logger = createLogger({ service: 'vault', replica: 'spec', level: 'silent' });

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (owner)' });
  database = new Database({ url: testDatabase.urls.vault, applicationName: 'spec' });
});

afterAll(async () => {
  await owner.close();
  await database.close();
  await testDatabase.drop();
});

function newSealer(): AuditSealer {
  return new AuditSealer(owner, logger);
}

async function newWorkspace(): Promise<string> {
  return (await owner.asSystem((tx) => insertWorkspace(tx))).workspaceId;
}

/** Many entries in one statement; their ids are in the order of their numbers. */
async function insertEntries(workspaceId: string, count: number, action = 'otp_secret.code_read'): Promise<void> {
  await owner.pool.query(
    `INSERT INTO audit_entry (id, workspace_id, actor_kind, actor_id, action, resource_type, resource_id, details)
     SELECT id, $2, 'api_key', 'k1', $3, 'otp_secret', 'r1', jsonb_build_object('number', n, 'fields', ARRAY['b', 'a'])
     FROM unnest($1::uuid[]) WITH ORDINALITY AS u (id, n)`,
    [Array.from({ length: count }, () => uuidv7()), workspaceId, action],
  );
}

async function sealAll(sealer = newSealer()): Promise<number> {
  let total = 0;
  for (let sealed: number | null = -1; sealed !== 0; total += sealed ?? 0) sealed = await sealer.sealBatch();
  return total;
}

async function sealedWorkspace(entries: number): Promise<string> {
  const workspaceId = await newWorkspace();
  await insertEntries(workspaceId, entries);
  await sealAll();
  return workspaceId;
}

async function firstInvalid(workspaceId: string): Promise<number | null> {
  return (await verifyChain(database, workspaceId)).firstInvalidSeq;
}

async function until(condition: () => Promise<boolean>, withinMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - startedAt;
}

async function unsealed(): Promise<number> {
  return owner.prisma.auditEntry.count({ where: { seq: null } });
}

describe('sealing', () => {
  it('chains each workspace by itself, and what verify recomputes is what was sealed', async () => {
    const [one, two] = [await newWorkspace(), await newWorkspace()];
    await insertEntries(one, 3);
    await insertEntries(two, 2);
    await insertEntries(one, 4);
    await sealAll();
    const chain = await verifyChain(database, one);
    expect(chain).toMatchObject({ entries: 7, firstInvalidSeq: null });
    expect(await verifyChain(database, two)).toMatchObject({ entries: 2, firstInvalidSeq: null });
    const newest = await owner.prisma.auditEntry.findFirst({ where: { workspaceId: one }, orderBy: { seq: 'desc' } });
    expect(newest?.hash).toEqual(chain.hash);
  });

  it('chains an entry that is committed late behind those that overtook it', async () => {
    const workspaceId = await newWorkspace();
    const writer = await owner.pool.connect();
    await writer.query('BEGIN');
    await writer.query(
      `INSERT INTO audit_entry (id, workspace_id, actor_kind, action, resource_type) VALUES ($1, $2, 'system', 'spec.late', 'spec')`,
      [uuidv7(), workspaceId],
    );
    await insertEntries(workspaceId, 1);
    await sealAll();
    await writer.query('COMMIT');
    writer.release();
    await sealAll();
    const entries = await owner.prisma.auditEntry.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } });
    expect(entries.map(({ action, seq }) => [action, seq])).toEqual([
      ['spec.late', 2n],
      ['otp_secret.code_read', 1n],
    ]);
    expect(await firstInvalid(workspaceId)).toBeNull();
  });

  it('seals an entry within a second, and does not keep other workspaces waiting for a long queue', async () => {
    const [busy, quiet] = [await newWorkspace(), await newWorkspace()];
    await insertEntries(busy, 10_000);
    await insertEntries(quiet, 1);
    const sealer = newSealer();
    sealer.start();
    await until(async () => (await verifyChain(database, quiet)).entries === 1, 1_500);
    await until(async () => (await unsealed()) === 0, 20_000);
    await insertEntries(quiet, 1);
    const waitedMs = await until(async () => (await unsealed()) === 0);
    await sealer.close();
    expect(waitedMs).toBeLessThan(1_000);
    expect(await firstInvalid(busy)).toBeNull();
  }, 60_000);

  it('seals each entry once when two replicas run, and counts each once', async () => {
    const workspaceId = await newWorkspace();
    const sealers = [newSealer(), newSealer()];
    for (const sealer of sealers) sealer.start();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let round = 0; round < 25; round += 1) await insertEntries(workspaceId, 40, `spec.writer_${writer}`);
    });
    await Promise.all(writers);
    await until(async () => (await unsealed()) === 0, 20_000);
    await Promise.all(sealers.map((sealer) => sealer.close()));
    expect(await verifyChain(database, workspaceId)).toMatchObject({ entries: 4_000, firstInvalidSeq: null });
    const usage = await owner.prisma.usageCounter.findMany({ where: { workspaceId }, orderBy: { metric: 'asc' } });
    expect(usage.map(({ metric, value }) => [metric, value])).toEqual(
      [0, 1, 2, 3].map((writer) => [`spec.writer_${writer}`, 1_000n]),
    );
  }, 60_000);

  it('seals the trail of a workspace that is gone, without counters for it', async () => {
    const workspaceId = await newWorkspace();
    await insertEntries(workspaceId, 1, 'workspace.deleted');
    await owner.prisma.workspace.delete({ where: { id: workspaceId } });
    await sealAll();
    expect(await verifyChain(database, workspaceId)).toMatchObject({ entries: 1, firstInvalidSeq: null });
    expect(await owner.prisma.usageCounter.count({ where: { workspaceId } })).toBe(0);
  });

  it('goes on when its connections are cut, and ends at once when told to', async () => {
    const workspaceId = await newWorkspace();
    const itsOwn = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (sealer)' });
    const sealer = new AuditSealer(itsOwn, logger);
    sealer.start();
    for (let round = 1; round <= 3; round += 1) {
      await insertEntries(workspaceId, 500);
      await owner.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'spec (sealer)'`,
      );
    }
    await until(async () => (await verifyChain(database, workspaceId)).entries === 1_500, 15_000);
    const startedAt = performance.now();
    await sealer.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await itsOwn.close();
    expect(await firstInvalid(workspaceId)).toBeNull();
  }, 60_000);

  it('seals 20,000 entries in bounded batches', async () => {
    const workspaceId = await newWorkspace();
    await insertEntries(workspaceId, 20_000);
    const startedAt = performance.now();
    expect(await sealAll()).toBe(20_000);
    const sealedMs = performance.now() - startedAt;
    const verifyAt = performance.now();
    expect(await verifyChain(database, workspaceId)).toMatchObject({ entries: 20_000, firstInvalidSeq: null });
    const verifiedMs = performance.now() - verifyAt;
    const perSecond = (ms: number) => Math.round((20_000 / ms) * 1_000);
    process.stdout.write(
      `audit: sealed ${perSecond(sealedMs)} entries/s, verified ${perSecond(verifiedMs)} entries/s\n`,
    );
  }, 60_000);
});

describe('verify', () => {
  const sql = (text: string, ...values: unknown[]) => owner.pool.query(text, values);

  it.each([
    ['action', `action = 'spec.forged'`],
    ['at', `at = at + interval '1 millisecond'`],
    ['actor', `actor_id = NULL`],
    ['resource', `resource_id = 'r2'`],
    ['details', `details = details || '{"number": 0}'`],
    ['address', `ip = '192.0.2.1'`],
    ['id', `id = '0192f0c1-0000-7000-8000-000000000000'`],
  ])('finds an entry whose %s was changed', async (_, change) => {
    const workspaceId = await sealedWorkspace(10);
    await sql(`UPDATE audit_entry SET ${change} WHERE workspace_id = $1 AND seq = 4`, workspaceId);
    expect(await firstInvalid(workspaceId)).toBe(4);
  });

  it('finds a deleted entry, and a gap that was closed by renumbering', async () => {
    const workspaceId = await sealedWorkspace(10);
    await sql('DELETE FROM audit_entry WHERE workspace_id = $1 AND seq = 4', workspaceId);
    expect(await firstInvalid(workspaceId)).toBe(4);
    for (let seq = 5; seq <= 10; seq += 1) {
      await sql('UPDATE audit_entry SET seq = $2 WHERE workspace_id = $1 AND seq = $3', workspaceId, seq - 1, seq);
    }
    expect(await firstInvalid(workspaceId)).toBe(4);
  });

  it('finds an entry moved in from another workspace', async () => {
    const [mine, theirs] = [await sealedWorkspace(3), await sealedWorkspace(3)];
    await sql('DELETE FROM audit_entry WHERE workspace_id = $1 AND seq = 1', mine);
    await sql('UPDATE audit_entry SET workspace_id = $1 WHERE workspace_id = $2 AND seq = 1', mine, theirs);
    expect(await firstInvalid(mine)).toBe(1);
  });

  it('finds two entries that changed places', async () => {
    const workspaceId = await sealedWorkspace(10);
    for (const [from, to] of [
      [4, -1],
      [5, 4],
      [-1, 5],
    ]) {
      await sql('UPDATE audit_entry SET seq = $3 WHERE workspace_id = $1 AND seq = $2', workspaceId, from, to);
    }
    expect(await firstInvalid(workspaceId)).toBe(4);
  });

  it('finds an inserted entry, also where the table lost its index', async () => {
    const workspaceId = await sealedWorkspace(2_001);
    await sql('DROP INDEX audit_entry_seq');
    try {
      for (const seq of [2_000, 0]) {
        await sql(
          `INSERT INTO audit_entry SELECT gen_random_uuid(), workspace_id, at, actor_kind, actor_id, action, resource_type, resource_id, ip,
             request_id, details, $2::bigint, prev_hash, hash FROM audit_entry WHERE workspace_id = $1 AND seq = 2000`,
          workspaceId,
          seq,
        );
        expect(await firstInvalid(workspaceId)).toBe(seq);
      }
    } finally {
      await sql('DELETE FROM audit_entry WHERE workspace_id = $1', workspaceId);
      await sql('CREATE UNIQUE INDEX audit_entry_seq ON audit_entry (workspace_id, seq) WHERE seq IS NOT NULL');
    }
  });

  it('finds a tail that was cut off, and a head that was moved with it by a hash kept elsewhere', async () => {
    const workspaceId = await sealedWorkspace(10);
    const { hash } = await owner.prisma.auditHead.findUniqueOrThrow({ where: { workspaceId } });
    await sql('DELETE FROM audit_entry WHERE workspace_id = $1 AND seq > 8', workspaceId);
    expect(await firstInvalid(workspaceId)).toBe(9);
    await sql(
      'UPDATE audit_head h SET seq = e.seq, hash = e.hash FROM audit_entry e WHERE h.workspace_id = $1 AND e.workspace_id = $1 AND e.seq = 8',
      workspaceId,
    );
    expect(await firstInvalid(workspaceId)).toBeNull();
    expect((await verifyChain(database, workspaceId, { known: { seq: 10, hash } })).firstInvalidSeq).toBe(9);
  });

  it('does not count what is sealed while it reads', async () => {
    const workspaceId = await sealedWorkspace(4_500);
    const sealer = newSealer();
    sealer.start();
    const verifying = Array.from({ length: 5 }, () => verifyChain(database, workspaceId));
    for (let round = 0; round < 10; round += 1) await insertEntries(workspaceId, 50);
    expect((await Promise.all(verifying)).map((chain) => chain.firstInvalidSeq)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    await sealer.close();
  });

  it('stops when its caller has gone', async () => {
    const workspaceId = await sealedWorkspace(10);
    await expect(verifyChain(database, workspaceId, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow(
      'gone',
    );
  });
});

describe('reading', () => {
  const caller = { actor: { kind: 'api_key' as const, id: 'k1' }, ip: null, request_id: 'spec' };

  it('lists newest first, page by page, sealed or not, and of this workspace alone', async () => {
    const workspaceId = await sealedWorkspace(5);
    await sealedWorkspace(1);
    await insertEntries(workspaceId, 2, 'spec.unsealed');
    const controller = new AuditController(database);
    const request = { ...caller, workspace_id: workspaceId };
    const first = await controller.list({ ...request, page: { limit: 4 } });
    const second = await controller.list({ ...request, page: { limit: 4, cursor: first.next_cursor } });
    expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([null, null, 5, 4, 3, 2, 1]);
    expect(second.next_cursor).toBeNull();
    const filtered = await controller.list({ ...request, page: { limit: 4 }, action: 'spec.unsealed' });
    expect(filtered.items).toHaveLength(2);
    expect((await controller.list({ ...request, page: { limit: 4 }, resource_id: 'r1\0' })).items).toEqual([]);
    const verified = await controller.verify(request, new RpcContext('1', 'spec', Date.now() + 1_000));
    expect(verified).toEqual({ valid: true, entries: 5, head: first.items[2]?.hash, first_invalid_seq: null });
    await sealAll();
  });

  it('counts what was done by day and action', async () => {
    const workspaceId = await newWorkspace();
    await insertEntries(workspaceId, 3, 'spec.a');
    await insertEntries(workspaceId, 2, 'spec.b');
    await owner.pool.query(
      `UPDATE audit_entry SET at = '2026-01-31T23:59:59.999Z' WHERE workspace_id = $1 AND action = 'spec.b'`,
      [workspaceId],
    );
    await sealAll();
    const today = new Date().toISOString().slice(0, 10);
    const usage = new UsageController(database);
    const from = new Date(Date.parse(today) - 365 * 86_400_000).toISOString().slice(0, 10);
    const all = await usage.read({ ...caller, workspace_id: workspaceId, from, to: today });
    expect(all.days.at(-1)).toEqual({ day: today, counts: { 'spec.a': 3 } });
    const past = await usage.read({ ...caller, workspace_id: workspaceId, from: '2026-01-31', to: '2026-01-31' });
    expect(past.days).toEqual([{ day: '2026-01-31', counts: { 'spec.b': 2 } }]);
    await expect(
      usage.read({ ...caller, workspace_id: workspaceId, from: '2026-02-01', to: '2026-01-31' }),
    ).rejects.toThrow('to: is before from');
    await expect(
      usage.read({ ...caller, workspace_id: workspaceId, from: '2025-01-31', to: '2026-02-01' }),
    ).rejects.toThrow('366 days');
  });
});
