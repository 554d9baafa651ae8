import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateVaultKeyPair, importVaultPublicKey, openText, seal, sealToVault } from '@otpost/envelope';
import { v7 as uuidv7 } from 'uuid';
import { DataKeyRotation } from './data-key-rotation.js';
import { systemCaller } from './key-keeper.js';
import { sealedTables, unsealedColumns } from './sealed-columns.js';
import { insertOtpSecret, makeWorkspace, openKeyWorld, readEverything, type KeyWorld } from './testing/key-world.js';
import { readSteadily, writeSteadily } from './testing/steady-load.js';

const caller = systemCaller('spec');
const valuesOfOne = 1 + 1 + 8 + 1 + 2 + 2 + 2;

let world: KeyWorld;
let rotation: DataKeyRotation;

beforeAll(async () => {
  world = await openKeyWorld();
  rotation = new DataKeyRotation(world.owner, world.dataKeys);
});

afterAll(() => world.close());

async function keysOf(workspaceId: string) {
  return world.owner.prisma.dataKey.findMany({ where: { workspaceId }, orderBy: { version: 'asc' } });
}

async function actionsOf(workspaceId: string): Promise<string[]> {
  const entries = await world.owner.prisma.auditEntry.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } });
  return entries.map(({ action }) => action);
}

const others = [
  'user_name',
  'password',
  'cookies',
  'local_storage',
  'session_storage',
  'headers',
  'proxy',
  'proxy_value',
]
  .map((column) => `${column} = NULL`)
  .join(', ');

describe('the list of sealed columns', () => {
  it('has every bytea column of the tables with a data_key_id, or says that it is not sealed', async () => {
    const { rows } = await world.owner.pool.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND udt_name = 'bytea' AND table_name IN (
         SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'data_key_id')`,
    );
    const listed = sealedTables.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`));
    expect([...listed, ...unsealedColumns].sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});

describe('rotating a data key', () => {
  it('makes a key that can be used, also of a workspace whose id is given in capitals', async () => {
    const workspaceId = await makeWorkspace(world);
    expect(await rotation.begin(caller, workspaceId.toUpperCase())).toBe(true);
    const [, made] = await keysOf(workspaceId);
    expect(await world.dataKeys.use(workspaceId, made?.id ?? '', (key) => key.version)).toBe(2);
    await world.owner.prisma.workspace.delete({ where: { id: workspaceId } });
  });

  it('moves every sealed value to the new key, and destroys the old one', async () => {
    const workspaceId = await makeWorkspace(world, 3);
    expect(await rotation.begin(caller, workspaceId)).toBe(true);
    const done = await rotation.finish(caller, { workspaceId, graceMs: 0 });
    // The workspace, and of each of the three rounds two records with a secret shown once.
    expect(done).toEqual({ resealed: 1 + 3 * 7, destroyed: 1, unopenable: new Set(), kept: [] });
    const [old, now] = await keysOf(workspaceId);
    expect(old).toMatchObject({ version: 1, state: 'destroyed', wrapped: null });
    expect(now).toMatchObject({ version: 2, state: 'active' });
    expect(await readEverything(world, workspaceId)).toEqual({
      values: 1 + 3 * (valuesOfOne - 1),
      keyIds: new Set([now?.id]),
    });
    expect(await actionsOf(workspaceId)).toEqual(['data_key.rotated', 'data_key.destroyed']);
  });

  it('opens nothing of the old key any more, not even what was copied before', async () => {
    const workspaceId = await makeWorkspace(world);
    const row = await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } });
    await rotation.begin(caller, workspaceId);
    await rotation.finish(caller, { workspaceId, graceMs: 0 });
    const place = { workspaceId, table: 'otp_secret', rowId: row.id, column: 'secret' };
    const { dataKeys } = world.startVault();
    await expect(dataKeys.use(workspaceId, row.dataKeyId, (key) => openText(key, row.secret, place))).rejects.toThrow(
      'not found',
    );
    const [, now] = await keysOf(workspaceId);
    await expect(dataKeys.use(workspaceId, now?.id ?? '', (key) => openText(key, row.secret, place))).rejects.toThrow(
      'sealed under key',
    );
  });

  it('leaves other workspaces alone, and what is sealed to the vault', async () => {
    const [workspaceId, other] = [await makeWorkspace(world), await makeWorkspace(world)];
    const { publicKey } = generateVaultKeyPair();
    const pair = await world.owner.prisma.vaultKeyPair.create({
      data: { id: uuidv7(), publicKey, kekId: 'none', state: 'destroyed' },
    });
    const id = uuidv7();
    const content = sealToVault(importVaultPublicKey(pair.id, publicKey), 'waiting', {
      workspaceId,
      table: 'inbound_message',
      rowId: id,
      column: 'content',
    });
    const message = { id, workspaceId, channel: 'email', source: 'spec', recipient: 'spec', sizeBytes: 1 } as const;
    await world.owner.prisma.inboundMessage.create({
      data: { ...message, dedupeHmac: new Uint8Array(1), content, vaultKeyPairId: pair.id },
    });
    await rotation.begin(caller, workspaceId);
    expect((await rotation.finish(caller, { workspaceId, graceMs: 0 })).destroyed).toBe(1);
    const waiting = await world.owner.prisma.inboundMessage.findUniqueOrThrow({ where: { id } });
    expect(waiting).toMatchObject({ content, dataKeyId: null });
    expect(await keysOf(other)).toMatchObject([{ version: 1, state: 'active' }]);
  });

  it('fails no read of two vaults and no write while it goes on', async () => {
    const workspaceId = await makeWorkspace(world, 10);
    const [one, two] = [world.startVault(), world.startVault(300)];
    const readers = [readSteadily(one, workspaceId), readSteadily(two, workspaceId)];
    const writers = [writeSteadily(one, workspaceId), writeSteadily(two, workspaceId)];
    const startedAt = performance.now();
    for (let round = 0; round < 2; round += 1) {
      expect(await rotation.begin(caller, workspaceId)).toBe(true);
      expect((await rotation.finish(caller, { workspaceId, graceMs: 500 })).destroyed).toBe(1);
    }
    const rotatedMs = performance.now() - startedAt;
    const read = await Promise.all(readers.map((stop) => stop()));
    const written = await Promise.all(writers.map((stop) => stop()));
    expect([...read, ...written].flatMap(({ failures }) => failures)).toEqual([]);
    expect((await readEverything(world, workspaceId)).keyIds.size).toBe(1);
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    process.stdout.write(
      `rotate-dek under load: 2 rotations in ${Math.round(rotatedMs)} ms, ${sum(read.map(({ values }) => values))} values read, ` +
        `${sum(written.map((each) => each.written))} rows written, 0 failed\n`,
    );
  }, 60_000);

  it('gets its turn under steady writes', async () => {
    const workspaceId = await makeWorkspace(world);
    const vault = world.startVault(300);
    const writers = Array.from({ length: 8 }, () => writeSteadily(vault, workspaceId));
    const startedAt = performance.now();
    await rotation.begin(caller, workspaceId);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    for (const stop of writers) expect((await stop()).failures).toEqual([]);
    await rotation.finish(caller, { workspaceId, graceMs: 0 });
    expect((await readEverything(world, workspaceId)).keyIds.size).toBe(1);
  }, 60_000);

  it('goes on where it was killed', async () => {
    const workspaceId = await makeWorkspace(world, 10);
    await rotation.begin(caller, workspaceId);
    for (let kill = 0; kill < 8; kill += 1) {
      const fatal = 1 + Math.floor(Math.random() * 8);
      let count = 0;
      const dying = rotation.finish(caller, {
        workspaceId,
        graceMs: 0,
        onProgress: () => {
          if ((count += 1) === fatal) throw new Error('killed');
        },
      });
      await dying.catch((error: Error) => expect(error.message).toBe('killed'));
      await readEverything(world, workspaceId);
    }
    expect(await rotation.begin(caller, workspaceId)).toBe(false);
    await rotation.finish(caller, { workspaceId, graceMs: 0 });
    expect(await keysOf(workspaceId)).toMatchObject([{ state: 'destroyed' }, { state: 'active' }]);
    expect((await readEverything(world, workspaceId)).values).toBe(1 + 10 * (valuesOfOne - 1));
  });

  it('may run in several processes at once', async () => {
    const workspaceId = await makeWorkspace(world, 20);
    const rotations = [0, 1, 2].map(() => {
      const { owner, dataKeys } = world.startVault();
      return new DataKeyRotation(owner, dataKeys);
    });
    const begun = await Promise.all(rotations.map((each) => each.begin(caller, workspaceId)));
    expect(begun.filter(Boolean)).toHaveLength(1);
    const done = await Promise.all(rotations.map((each) => each.finish(caller, { workspaceId, graceMs: 0 })));
    expect(done.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(1 + 20 * 7);
    expect(done.reduce((sum, { destroyed }) => sum + destroyed, 0)).toBe(1);
    expect(await actionsOf(workspaceId)).toEqual(['data_key.rotated', 'data_key.destroyed']);
    await readEverything(world, workspaceId);
  }, 60_000);

  it('waits for a row that somebody writes to', async () => {
    const workspaceId = await makeWorkspace(world);
    const { id } = await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } });
    await rotation.begin(caller, workspaceId);
    const writer = await world.owner.pool.connect();
    await writer.query('BEGIN');
    await writer.query('SELECT id FROM otp_secret WHERE id = $1 FOR UPDATE', [id]);
    let moved = 0;
    const finished = rotation.finish(caller, { workspaceId, graceMs: 0, onProgress: (resealed) => (moved = resealed) });
    while (moved < 7) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await keysOf(workspaceId)).toMatchObject([{ state: 'retiring' }, { state: 'active' }]);
    await writer.query('COMMIT');
    writer.release();
    expect((await finished).destroyed).toBe(1);
    await readEverything(world, workspaceId);
  });

  it('keeps a key under which a row does not open, and says which', async () => {
    const workspaceId = await makeWorkspace(world, 2);
    const { id } = await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } });
    await world.owner.pool.query(
      `UPDATE otp_secret SET secret = set_byte(secret, 40, get_byte(secret, 40) # 1) WHERE id = $1`,
      [id],
    );
    await rotation.begin(caller, workspaceId);
    const done = await rotation.finish(caller, { workspaceId, graceMs: 0 });
    const [old] = await keysOf(workspaceId);
    expect(done).toEqual({ resealed: 2 * 7, destroyed: 0, unopenable: new Set([`otp_secret ${id}`]), kept: [old?.id] });
    expect(old?.state).toBe('retiring');
    await world.owner.prisma.otpSecret.delete({ where: { id } });
    expect((await rotation.finish(caller, { workspaceId, graceMs: 0 })).destroyed).toBe(1);
  });

  it('keeps a key that a value still names, whatever its row says', async () => {
    const workspaceId = await makeWorkspace(world);
    const { id } = await world.owner.prisma.credential.findFirstOrThrow({ where: { workspaceId } });
    await rotation.begin(caller, workspaceId);
    await rotation.finish(caller, { workspaceId, graceMs: 0 });
    await rotation.begin(caller, workspaceId);
    const [, old, now] = await keysOf(workspaceId);
    // A writer that forgets one column: it is under a key that is about to go, in a row that is not.
    const place = { workspaceId, table: 'credential', rowId: id, column: 'proxy_string' };
    const forgotten = await world.dataKeys.use(workspaceId, old?.id ?? '', (key) => seal(key, 'forgotten', place));
    const update = `UPDATE credential SET data_key_id = $2, proxy_string = $3, ${others} WHERE id = $1`;
    await world.owner.pool.query(update, [id, now?.id, forgotten]);
    expect(await rotation.finish(caller, { workspaceId, graceMs: 0 })).toMatchObject({ destroyed: 0, kept: [old?.id] });
    await world.owner.pool.query('UPDATE credential SET proxy_string = NULL WHERE id = $1', [id]);
    expect(await rotation.finish(caller, { workspaceId, graceMs: 0 })).toMatchObject({ destroyed: 1, kept: [] });
  });

  it('survives the deletion of its workspace', async () => {
    const workspaceId = await makeWorkspace(world, 10);
    await rotation.begin(caller, workspaceId);
    let deleting: Promise<unknown> | undefined;
    const done = await rotation.finish(caller, {
      graceMs: 100,
      onProgress: (resealed) => {
        if (resealed === 5) deleting = world.owner.prisma.workspace.delete({ where: { id: workspaceId } }).then();
      },
    });
    await deleting;
    expect(done).toMatchObject({ destroyed: 0, kept: [] });
    expect(await rotation.isUnderWay()).toBe(false);
    await expect(rotation.begin(caller, workspaceId)).rejects.toThrow('workspace not found');
  });

  it('begins for every workspace there is', async () => {
    const workspaces = [await makeWorkspace(world), await makeWorkspace(world)];
    await rotation.begin(caller, workspaces[0] ?? '');
    const all = await world.owner.prisma.workspace.count();
    expect(await rotation.beginAll(caller)).toEqual({ begun: all - 1, underWay: 1 });
    expect(await rotation.finish(caller, { graceMs: 0 })).toMatchObject({ destroyed: all, kept: [] });
    for (const workspaceId of workspaces) expect((await readEverything(world, workspaceId)).keyIds.size).toBe(1);
  }, 60_000);

  it('re-encrypts row by row at a speed worth printing', async () => {
    const workspaceId = await makeWorkspace(world);
    await world.database.withWorkspace(
      workspaceId,
      async (tx) => {
        for (let row = 0; row < 500; row += 1) await insertOtpSecret(tx, world.dataKeys, workspaceId);
      },
      { timeoutMs: 60_000 },
    );
    await rotation.begin(caller, workspaceId);
    const startedAt = performance.now();
    const { resealed } = await rotation.finish(caller, { workspaceId, graceMs: 0 });
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(resealed).toBe(508);
    process.stdout.write(`rotate-dek: ${Math.round(resealed / seconds)} rows/s\n`);
  }, 60_000);
});
