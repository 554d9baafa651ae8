import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LogFields, Logger } from '@otpost/platform';
import { RpcContext } from '@otpost/messaging';
import { DataKeyRotation } from './data-key-rotation.js';
import { KekRotation } from './kek-rotation.js';
import { KeyKeeper, systemCaller } from './key-keeper.js';
import { KeysController } from './keys.controller.js';
import { makeWorkspace, openKeyWorld, readEverything, type KeyWorld } from './testing/key-world.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const root = { ...systemCaller('spec'), actor: { kind: 'root' as const, id: 'root' } };
const context = () => new RpcContext('1', 'spec', Date.now() + 10_000);
let world: KeyWorld;
let controller: KeysController;
let logged: { event: string; fields: LogFields | undefined }[] = [];

beforeAll(async () => {
  world = await openKeyWorld();
  const rotation = new DataKeyRotation(world.owner, world.dataKeys);
  const kekRotation = new KekRotation(world.owner, world.keyring);
  controller = new KeysController(world.database, world.owner, world.keyring, kekRotation, rotation);
});
afterAll(() => world.close());

function newKeeper(): KeyKeeper {
  logged = [];
  const log = (event: string, fields?: LogFields) => void logged.push({ event, fields });
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  return new KeyKeeper(
    new DataKeyRotation(world.owner, world.dataKeys),
    new VaultKeyPairs(world.owner, world.keyring, 300),
    logger,
  );
}

describe('the keeper of the keys', () => {
  it('makes the first key pair, and ends what a request began', async () => {
    const workspaceId = await makeWorkspace(world, 2);
    expect(await controller.rotateDataKeys({ ...root, workspace_id: workspaceId }, context())).toEqual({
      workspaces: 1,
      under_way: 0,
    });
    expect(await controller.rotateDataKeys({ ...root, workspace_id: null }, context())).toEqual({
      workspaces: 0,
      under_way: 1,
    });
    const begun = await controller.status(root);
    expect(begun).toMatchObject({ data_keys: 2, retiring_data_keys: 1, rows_under_old_data_keys: 15 });

    await newKeeper().keep({ graceMs: 0 });
    expect(logged).toMatchObject([{ event: 'keys.rotated', fields: { resealed: 15, destroyed: 1, kept: 0 } }]);
    const ended = await controller.status(root);
    expect(ended).toMatchObject({ data_keys: 1, retiring_data_keys: 0, rows_under_old_data_keys: 0 });
    expect(ended.keks).toEqual([{ id: ended.active_kek, data_keys: 1, key_pairs: 1 }]);
    expect(await controller.rotateKek(root, context())).toEqual({
      active_kek: ended.active_kek,
      rewrapped: 0,
      failed: 0,
    });
    await readEverything(world, workspaceId);
    const rotated = await world.owner.prisma.auditEntry.findFirstOrThrow({ where: { action: 'data_key.rotated' } });
    expect(rotated).toMatchObject({ actorKind: 'root', actorId: 'root' });
  });

  it('shows a workspace its own keys and what is left under an old one, and no other’s', async () => {
    const [workspaceId, other] = [await makeWorkspace(world), await makeWorkspace(world)];
    const of = async (id: string) => (await controller.list({ ...root, workspace_id: id })).items;
    expect(await of(workspaceId)).toMatchObject([
      { version: 1, state: 'active', is_under_active_kek: true, rows_left: null, retired_at: null },
    ]);
    await controller.rotateDataKeys({ ...root, workspace_id: workspaceId }, context());
    expect(await of(workspaceId)).toMatchObject([
      { version: 2, state: 'active' },
      { version: 1, state: 'retiring', rows_left: 8 },
    ]);
    await newKeeper().keep({ graceMs: 0 });
    expect(await of(workspaceId)).toMatchObject([
      { version: 2, state: 'active' },
      { version: 1, state: 'destroyed', rows_left: null },
    ]);
    expect(JSON.stringify(await of(workspaceId))).not.toMatch(/wrapped|keyring|local:/);
    expect(await of(other)).toMatchObject([{ version: 1, state: 'active' }]);
    await world.owner.prisma.workspace.deleteMany({ where: { id: { in: [workspaceId, other] } } });
  });

  it('says what it cannot end, and goes on trying', async () => {
    const workspaceId = await makeWorkspace(world);
    const { id } = await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } });
    await world.owner.pool.query(`UPDATE otp_secret SET secret = '\\x00' WHERE id = $1`, [id]);
    await controller.rotateDataKeys({ ...root, workspace_id: workspaceId }, context());
    const keeper = newKeeper();
    await keeper.keep({ graceMs: 0 });
    await keeper.keep({ graceMs: 0 });
    expect(logged).toMatchObject([
      { event: 'keys.still_needed', fields: { resealed: 7, kept: 1, rows: [`otp_secret ${id}`] } },
      { event: 'keys.still_needed', fields: { resealed: 0, kept: 1 } },
    ]);
    await world.owner.prisma.otpSecret.delete({ where: { id } });
    await keeper.keep({ graceMs: 0 });
    expect(logged.at(-1)).toMatchObject({ event: 'keys.rotated', fields: { destroyed: 1 } });
  });

  it('ends at once when its vault does, also while an old key waits for its end', async () => {
    const workspaceId = await makeWorkspace(world, 1);
    await controller.rotateDataKeys({ ...root, workspace_id: workspaceId }, context());
    const keeper = newKeeper();
    keeper.start();
    while ((await controller.status(root)).rows_under_old_data_keys > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const startedAt = performance.now();
    await keeper.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(logged).toEqual([]);
    expect((await controller.status(root)).retiring_data_keys).toBe(1);
  });
});
