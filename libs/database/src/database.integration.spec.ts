import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { Database, OwnerDatabase } from './database.js';
import { insertEveryTable } from './testing/every-table.js';
import { createTestDatabase, insertCredential, insertOtpSecret, insertWorkspace } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

describe('Database', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let vault: Database;
  let workspace: SeededWorkspace;
  let other: SeededWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    // A server whose zone is not UTC: what the client sets must win.
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    await client.query(`ALTER DATABASE ${database.name} SET timezone = 'America/St_Johns'`);
    await client.end();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    vault = new Database({ url: database.urls.vault, applicationName: 'spec-vault', connections: 1 });
    workspace = await owner.asSystem((tx) => insertWorkspace(tx));
    other = await owner.asSystem((tx) => insertWorkspace(tx));
  });
  afterAll(async () => {
    await vault.close();
    await owner.close();
    await database.drop();
  });

  it('shows a transaction its workspace, and the next user of the connection none', async () => {
    const names = await vault.withWorkspace(workspace.workspaceId, (tx) => tx.workspace.findMany());
    expect(names.map(({ id }) => id)).toEqual([workspace.workspaceId]);
    expect(await vault.prisma.workspace.findMany()).toEqual([]);
    expect((await vault.pool.query('SELECT id FROM workspace')).rows).toEqual([]);
    expect(await vault.transaction((tx) => tx.workspace.findMany())).toEqual([]);
  });

  it('forgets the workspace also when the work fails, and keeps none of it', async () => {
    const failing = vault.withWorkspace(workspace.workspaceId, async (tx) => {
      await tx.workspace.update({ where: { id: workspace.workspaceId }, data: { name: 'changed' } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await vault.prisma.workspace.findMany()).toEqual([]);
    expect((await owner.prisma.workspace.findUnique({ where: { id: workspace.workspaceId } }))?.name).toBe('seeded');
  });

  it('keeps workspaces of concurrent transactions apart', async () => {
    const wide = new Database({ url: database.urls.vault, applicationName: 'spec', connections: 8 });
    try {
      const ids = Array.from({ length: 64 }, (_, index) => (index % 2 === 0 ? workspace : other).workspaceId);
      const seen = await Promise.all(
        ids.map((id) => wide.withWorkspace(id, async (tx) => (await tx.workspace.findMany()).map((row) => row.id))),
      );
      expect(seen).toEqual(ids.map((id) => [id]));
    } finally {
      await wide.close();
    }
  });

  it('refuses what is no workspace id', async () => {
    const work = vault.withWorkspace(`' OR true --`, (tx) => tx.workspace.findMany());
    await expect(work).rejects.toThrow('invalid input syntax for type uuid');
  });

  it('gives times, bytes, counters and lists back as they were, whatever zone the server is in', async () => {
    const at = new Date('2026-03-29T02:30:15.123Z');
    const bytes = Uint8Array.from([0, 255, 128, 10]);
    const id = await vault.withWorkspace(workspace.workspaceId, (tx) =>
      insertCredential(tx, workspace, {
        domain: 'round.trip',
        password: bytes,
        sessionDataSetAt: at,
        clientEncrypted: ['password', 'user_name'],
        extractionHint: { length: 6 },
        tfaMethod: 'AUTHENTICATOR',
      }),
    );
    const secretId = await vault.withWorkspace(workspace.workspaceId, (tx) =>
      insertOtpSecret(tx, workspace, { type: 'hotp', period: null, counter: 2n ** 60n }),
    );
    const row = await vault.withWorkspace(workspace.workspaceId, (tx) =>
      tx.credential.findUniqueOrThrow({ where: { id } }),
    );
    expect(row).toMatchObject({
      sessionDataSetAt: at,
      clientEncrypted: ['password', 'user_name'],
      extractionHint: { length: 6 },
    });
    expect(Buffer.from(row.password ?? [])).toEqual(Buffer.from(bytes));
    const found = await vault.withWorkspace(workspace.workspaceId, (tx) =>
      tx.credential.findMany({ where: { sessionDataSetAt: at } }),
    );
    expect(found).toHaveLength(1);
    expect((await owner.prisma.otpSecret.findUniqueOrThrow({ where: { id: secretId } })).counter).toBe(2n ** 60n);
    const { rows } = await owner.pool.query<{ at: Date }>(
      'SELECT session_data_set_at AS at FROM credential WHERE id = $1',
      [id],
    );
    expect(rows[0]?.at).toEqual(at);

    const challengeId = uuidv7();
    await owner.prisma.challenge.create({
      data: {
        id: challengeId,
        workspaceId: workspace.workspaceId,
        sessionId: 's',
        schema: {},
        factors: ['sms', 'user'],
        since: at,
        expiresAt: at,
        seatIds: [secretId],
      },
    });
    expect(await owner.prisma.challenge.findUniqueOrThrow({ where: { id: challengeId } })).toMatchObject({
      factors: ['sms', 'user'],
      seatIds: [secretId],
      status: 'pending',
    });
  });

  it('shows no value of a refused query in its error', async () => {
    const id = uuidv7();
    const canary = 'canary-value';
    const seat = { id, workspaceId: workspace.workspaceId, email: canary };
    await owner.prisma.seat.create({ data: seat });
    const refused = [
      owner.prisma.seat.create({ data: seat }),
      owner.prisma.seat.create({ data: { ...seat, no_such_field: canary } as typeof seat }),
      owner.prisma.seat.create({ data: { ...seat, createdAt: new Date(NaN) } }),
      owner.prisma.usageCounter.create({ data: { workspaceId: id, day: new Date(), metric: canary } }),
      owner.prisma.phoneNumber.create({
        data: { id, workspaceId: workspace.workspaceId, e164: canary, provider: canary, mode: 'shared' },
      }),
      owner.asSystem((tx) => tx.seat.create({ data: { ...seat, no_such_field: canary } as typeof seat })),
    ];
    for (const result of await Promise.allSettled(refused)) {
      expect(result.status).toBe('rejected');
      if (result.status === 'rejected') expect(inspect(result.reason, { depth: 20 })).not.toContain(canary);
    }
    await expect(refused[1]).rejects.toThrow('refused query Seat.create: argument `no_such_field`');
  });

  it('names itself, and bounds statements and idle transactions', async () => {
    const { rows } = await vault.pool.query<Record<string, string>>(
      `SELECT current_setting('application_name') AS name, current_setting('statement_timeout') AS statement,
         current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('timezone') AS zone`,
    );
    expect(rows).toEqual([{ name: 'spec-vault', statement: '15s', idle: '30s', zone: 'UTC' }]);
  });

  describe('rules in the schema', () => {
    it("keep a credential's effective expiry: the earlier of the two, in calendar time", async () => {
      const used = new Date('2026-01-31T12:00:00Z');
      const set = new Date('2026-02-01T12:00:00Z');
      const id = await owner.asSystem((tx) =>
        insertCredential(tx, workspace, {
          expiryTimeFromLastUse: '1 month',
          lastUsedAt: used,
          effectiveExpiresAt: new Date(0),
        }),
      );
      const expiry = async () =>
        (await owner.prisma.credential.findUniqueOrThrow({ where: { id } })).effectiveExpiresAt;
      expect(await expiry()).toEqual(new Date('2026-02-28T12:00:00Z'));
      const change = (data: object) => owner.prisma.credential.update({ where: { id }, data });
      await change({ expiryTimeFromSessionDataSet: '14 days', sessionDataSetAt: set });
      expect(await expiry()).toEqual(new Date('2026-02-15T12:00:00Z'));
      await change({ expiryTimeFromSessionDataSet: null, expiryTimeFromLastUse: null });
      expect(await expiry()).toBeNull();
      await expect(change({ expiryTimeFromLastUse: 'soon' })).rejects.toThrow('invalid input syntax for type interval');
    });

    it('take everything of a deleted workspace along, whatever is under its keys', async () => {
      const gone = await owner.asSystem(insertEveryTable);
      await vault.withWorkspace(gone.workspaceId, (tx) => tx.workspace.delete({ where: { id: gone.workspaceId } }));
      for (const table of [
        'credential',
        'otp_secret',
        'data_key',
        'inbound_message',
        'delivery_attempt',
        'forwarding_job',
      ]) {
        const { rows } = await owner.pool.query(`SELECT FROM ${table} WHERE workspace_id = $1`, [gone.workspaceId]);
        expect(rows).toEqual([]);
      }
    });

    it('keep a data key while anything is sealed under it', async () => {
      const kept = await owner.asSystem((tx) => insertWorkspace(tx));
      await owner.asSystem((tx) => insertOtpSecret(tx, kept));
      await expect(owner.prisma.dataKey.delete({ where: { id: kept.dataKeyId } })).rejects.toThrow(
        'Foreign key constraint',
      );
    });

    it('allow one active data key, and a destroyed one no key material', async () => {
      const { workspaceId, dataKeyId } = workspace;
      const second = { id: uuidv7(), workspaceId, version: 2, kekId: 'test', wrapped: new Uint8Array(48) };
      await expect(owner.prisma.dataKey.create({ data: second })).rejects.toThrow('Unique constraint');
      await expect(
        owner.prisma.dataKey.update({ where: { id: dataKeyId }, data: { state: 'destroyed' } }),
      ).rejects.toThrow('data_key_destroyed_is_gone');
    });

    it('let a wiped code keep no ciphertext', async () => {
      const wiped = {
        id: uuidv7(),
        workspaceId: workspace.workspaceId,
        channel: 'sms',
        kind: 'code',
        value: new Uint8Array(1),
        dataKeyId: workspace.dataKeyId,
        receivedAt: new Date(),
        freshUntil: new Date(),
        wipeDueAt: new Date(),
        wipedAt: new Date(),
      } as const;
      await expect(owner.prisma.receivedCode.create({ data: wiped })).rejects.toThrow('received_code_wiped_is_gone');
    });
  });
});
