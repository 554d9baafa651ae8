import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateVaultKeyPair, importVaultPublicKey, sealToVault } from '@otpost/envelope';
import { v7 as uuidv7 } from 'uuid';
import { systemCaller } from './key-keeper.js';
import { makeWorkspace, openKeyWorld, type KeyWorld } from './testing/key-world.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const caller = systemCaller('spec');
const inTwoHours = () => new Date(Date.now() + 2 * 60 * 60_000);
let world: KeyWorld;
let keyPairs: VaultKeyPairs;
let workspaceId: string;

beforeAll(async () => {
  world = await openKeyWorld();
  workspaceId = await makeWorkspace(world, 0);
});
afterAll(() => world.close());

beforeEach(async () => {
  await world.owner.prisma.inboundMessage.deleteMany();
  await world.owner.prisma.vaultKeyPair.deleteMany();
  keyPairs = new VaultKeyPairs(world.owner, world.keyring, 300);
});

/** A message as the ingestor stores one. */
async function storeMessage(keyPairId: string) {
  const id = uuidv7();
  const place = { workspaceId, table: 'inbound_message', rowId: id, column: 'content' };
  const { publicKey } = await world.owner.prisma.vaultKeyPair.findUniqueOrThrow({ where: { id: keyPairId } });
  const content = sealToVault(importVaultPublicKey(keyPairId, publicKey), 'hello', place);
  const message = { id, workspaceId, channel: 'email', source: 'spec', recipient: 'spec', sizeBytes: 1 } as const;
  await world.owner.prisma.inboundMessage.create({
    data: { ...message, dedupeHmac: Buffer.from(id), content, vaultKeyPairId: keyPairId },
  });
  return { id, content, place };
}

describe('the key pair of the vault', () => {
  it('is made once, by one of the replicas that start together', async () => {
    const replicas = [0, 1, 2, 3].map(() => {
      const { owner, keyring } = world.startVault();
      return new VaultKeyPairs(owner, keyring, 300);
    });
    const ids = await Promise.all(replicas.map((replica) => replica.ensure(caller)));
    expect(new Set(ids).size).toBe(1);
    expect(await world.owner.prisma.vaultKeyPair.count()).toBe(1);
  });

  it('opens in any vault what was sealed to it, and only where it was sealed', async () => {
    const { content, place } = await storeMessage(await keyPairs.ensure(caller));
    expect((await keyPairs.open(content, place)).reveal().toString()).toBe('hello');
    const { owner, keyring } = world.startVault();
    const other = new VaultKeyPairs(owner, keyring, 0);
    expect((await other.open(content, place)).reveal().toString()).toBe('hello');
    await expect(other.open(content, { ...place, column: 'extraction' })).rejects.toMatchObject({
      code: 'not_authentic',
    });
  });

  it('keeps an earlier pair until nothing is sealed to it, and an hour for what is on its way', async () => {
    const first = await keyPairs.ensure(caller);
    const { id, content, place } = await storeMessage(first);
    const second = await keyPairs.rotate(caller);
    expect(await keyPairs.ensure(caller)).toBe(second);
    expect(await keyPairs.destroyUnneeded(caller, inTwoHours())).toBe(0);
    expect((await keyPairs.open(content, place)).reveal().toString()).toBe('hello');

    await world.owner.prisma.inboundMessage.update({ where: { id }, data: { content: null } });
    expect(await keyPairs.destroyUnneeded(caller)).toBe(0);
    expect(await keyPairs.destroyUnneeded(caller, inTwoHours())).toBe(1);
    const gone = await world.owner.prisma.vaultKeyPair.findUniqueOrThrow({ where: { id: first } });
    expect(gone).toMatchObject({ state: 'destroyed', privateKeyWrapped: null });
    await expect(keyPairs.open(content, place)).rejects.toThrow('not found');
  });

  it('stays one, when two rotate it at once', async () => {
    await keyPairs.ensure(caller);
    await Promise.all([keyPairs.rotate(caller), keyPairs.rotate(caller)]);
    const states = await world.owner.prisma.vaultKeyPair.groupBy({ by: 'state', _count: true });
    expect(Object.fromEntries(states.map(({ state, _count }) => [state, _count]))).toEqual({ active: 1, retiring: 2 });
  });

  it('is refused when somebody put another public half beside it', async () => {
    const id = await keyPairs.ensure(caller);
    const { publicKey } = generateVaultKeyPair();
    await world.owner.prisma.vaultKeyPair.update({ where: { id }, data: { publicKey } });
    const { owner, keyring } = world.startVault();
    await expect(new VaultKeyPairs(owner, keyring, 300).ensure(caller)).rejects.toMatchObject({
      internal: `the public half of key pair ${id} is not its own`,
    });
  });
});
