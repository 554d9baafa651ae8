import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addKeyringKey, LocalKeyring, readKeyringFile, retireKeyringKey, unwrapDataKey } from '@otpost/envelope';
import { deploymentTrail } from '../audit/record-audit.js';
import { DataKeyRotation } from './data-key-rotation.js';
import { KekRotation } from './kek-rotation.js';
import { systemCaller } from './key-keeper.js';
import { readKeyStatus } from './key-status.js';
import { activateNextKek, retireKek } from './keyring-rotation.js';
import { makeWorkspace, openKeyWorld, readEverything, type KeyWorld } from './testing/key-world.js';
import { readSteadily } from './testing/steady-load.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const caller = systemCaller('spec');
let world: KeyWorld;

beforeAll(async () => {
  world = await openKeyWorld();
  await new VaultKeyPairs(world.owner, world.keyring, 300).ensure(caller);
});

afterAll(() => world.close());

/** As the command does it, with a keyring that was just opened. */
async function rotate(onProgress?: (rewrapped: number) => void) {
  const { kekId } = await activateNextKek(world.owner, world.keyringFile, caller);
  const rotation = new KekRotation(world.owner, LocalKeyring.open(world.keyringFile));
  return { kekId, ...(await rotation.rewrapAll(caller, onProgress === undefined ? {} : { onProgress })) };
}

async function status() {
  return readKeyStatus(world.owner, readKeyringFile(world.keyringFile).activeKekId);
}

describe('rotating the key-encryption key', () => {
  it('wraps every key with a new one, and changes nothing else', async () => {
    const workspaceId = await makeWorkspace(world);
    const before = await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } });
    const from = readKeyringFile(world.keyringFile).activeKekId;
    const { kekId, rewrapped, failed } = await rotate();
    expect({ rewrapped, failed }).toEqual({ rewrapped: 2, failed: [] });
    expect(kekId).not.toBe(from);
    expect(await status()).toMatchObject({
      active_kek: kekId,
      keks: [{ id: kekId, data_keys: 1, key_pairs: 1 }],
      data_keys_under_old_keks: 0,
    });
    expect(await world.owner.prisma.otpSecret.findFirstOrThrow({ where: { workspaceId } })).toEqual(before);
    const trail = await world.owner.prisma.auditEntry.findMany({
      where: { workspaceId: { in: [workspaceId, deploymentTrail] } },
    });
    expect(trail.map(({ action, details }) => [action, details]).sort()).toEqual([
      ['data_key.rewrapped', { from, to: kekId }],
      ['kek.activated', { replaces: from }],
      ['vault_key_pair.created', null],
      ['vault_key_pair.rewrapped', { from, to: kekId }],
    ]);
  });

  it('fails no read of two running vaults, which follow without a restart', async () => {
    const workspaces = [await makeWorkspace(world), await makeWorkspace(world), await makeWorkspace(world)];
    const vaults = [world.startVault(), world.startVault()];
    const readers = vaults.flatMap((vault) => workspaces.map((workspaceId) => readSteadily(vault, workspaceId)));
    for (let round = 0; round < 3; round += 1) {
      const { kekId } = await rotate();
      for (const { id } of (await status()).keks) expect(id).toBe(kekId);
    }
    const read = await Promise.all(readers.map((stop) => stop()));
    expect(read.flatMap(({ failures }) => failures)).toEqual([]);
    const values = read.reduce((sum, each) => sum + each.values, 0);
    expect(values).toBeGreaterThan(0);
    process.stdout.write(`rotate-kek under load: ${values} values read, 0 failed\n`);
  }, 60_000);

  it('leaves no key under the old one, also when workspaces are made meanwhile', async () => {
    const vault = world.startVault();
    let stopped = false;
    const making = (async () => {
      while (!stopped) await makeWorkspace(vault, 0);
    })();
    for (let round = 0; round < 5; round += 1) {
      await rotate();
      expect((await status()).data_keys_under_old_keks).toBe(0);
    }
    stopped = true;
    await making;
  }, 60_000);

  it('goes on where it was killed, with the same key', async () => {
    for (let count = 0; count < 6; count += 1) await makeWorkspace(world, 0);
    const killed = await rotate(() => {
      throw new Error('killed');
    }).catch((error: Error) => error.message);
    expect(killed).toBe('killed');
    const half = await status();
    expect(half.data_keys_under_old_keks).toBeGreaterThan(0);
    expect(half.keks).toHaveLength(2);
    expect(await activateNextKek(world.owner, world.keyringFile, caller)).toEqual({
      kekId: half.active_kek,
      activated: false,
    });
    expect((await rotate()).kekId).toBe(half.active_kek);
    expect((await status()).keks).toHaveLength(1);
  });

  it('puts a key to use that was added before', async () => {
    const added = addKeyringKey(world.keyringFile);
    expect((await rotate()).kekId).toBe(added);
    const { keys } = readKeyringFile(world.keyringFile);
    expect(keys.at(-1)?.kekId).toBe(added);
  });

  it('may be done by two at once', async () => {
    for (let count = 0; count < 10; count += 1) await makeWorkspace(world, 0);
    const [one, two] = await Promise.all([rotate(), rotate()]);
    const { active_kek, data_keys, data_keys_under_old_keks } = await status();
    // The one that came later may have found the first one's work done, and have begun another rotation.
    expect([one.kekId, two.kekId]).toContain(active_kek);
    if (data_keys_under_old_keks > 0) await rotate();
    expect((await status()).keks).toEqual([{ id: active_kek, data_keys, key_pairs: 1 }]);
  });

  it('refuses to retire a key that wraps anything, or is active', async () => {
    const workspaceId = await makeWorkspace(world, 1);
    const { activeKekId: old } = readKeyringFile(world.keyringFile);
    const backup = await world.owner.prisma.dataKey.findFirstOrThrow({ where: { workspaceId } });
    const { kekId } = await activateNextKek(world.owner, world.keyringFile, caller);
    await expect(retireKek(world.owner, world.keyringFile, caller, old)).rejects.toThrow(
      /still wraps \d+ data keys and 1 key pairs/,
    );
    expect(readKeyringFile(world.keyringFile).keys.map((key) => key.kekId)).toContain(old);
    await rotate();
    await expect(retireKek(world.owner, world.keyringFile, caller, 'local:0000000000000000')).rejects.toThrow(
      'has no key',
    );
    await expect(retireKek(world.owner, world.keyringFile, caller, kekId)).rejects.toThrow('still wraps');
    await retireKek(world.owner, world.keyringFile, caller, old);

    expect((await readEverything(world.startVault(), workspaceId)).values).toBeGreaterThan(0);
    // What a backup of the database holds of that time is lost with it.
    const opening = unwrapDataKey(LocalKeyring.open(world.keyringFile), {
      ...backup,
      wrapped: backup.wrapped ?? new Uint8Array(),
    });
    await expect(opening).rejects.toMatchObject({ code: 'unknown_kek' });
  });

  it('rewraps the others when one is lost, and says which', async () => {
    const lost = await makeWorkspace(world, 0);
    const { activeKekId: old } = readKeyringFile(world.keyringFile);
    const [key] = await world.owner.prisma.dataKey.findMany({ where: { workspaceId: lost } });
    await activateNextKek(world.owner, world.keyringFile, caller);
    await world.owner.pool.query(
      `UPDATE data_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE id = $1`,
      [key?.id],
    );
    const done = await rotate();
    expect(done.failed.map(({ id }) => id)).toEqual([key?.id]);
    expect((await status()).keks.find(({ id }) => id === old)).toMatchObject({ data_keys: 1, key_pairs: 0 });
    retireKeyringKey(world.keyringFile, old);
    expect((await rotate()).failed).toHaveLength(1);
    await world.owner.prisma.workspace.delete({ where: { id: lost } });
  });

  it('tells how far both rotations are', async () => {
    const workspaceId = await makeWorkspace(world, 2);
    await new DataKeyRotation(world.owner, world.dataKeys).begin(caller, workspaceId);
    expect(await status()).toMatchObject({ retiring_data_keys: 1, rows_under_old_data_keys: 1 + 2 * 7 });
  });
});
