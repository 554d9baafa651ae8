import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type KeyContext, type KeyEncryption, rewrapKey } from '../key-encryption.js';
import { createKeyringFile } from '../keyring-file.js';
import { LocalKeyring } from '../local-keyring.js';
import { Secret } from '../secret.js';
import { testKeyEncryption } from '../testing/key-encryption-suite.js';
import { startTransitStandIn, type TransitStandIn } from '../testing/transit-stand-in.js';
import { type KeyProviderName, KeyProviders } from './key-providers.js';
import { Transit } from './transit.js';

const context: KeyContext = { workspaceId: 'a workspace', keyId: 'a key', purpose: 'data-key' };
const key = new Uint8Array(32).fill(7);

let server: TransitStandIn;
let folder: string;
let local: LocalKeyring;
const these = (providers: Partial<Record<KeyProviderName, KeyEncryption>>) =>
  new Map(Object.entries(providers) as [KeyProviderName, KeyEncryption][]);
const transit = () => new Transit({ url: server.url, key: server.key, token: new Secret(server.token) });

beforeAll(async () => {
  server = await startTransitStandIn();
  folder = mkdtempSync(join(tmpdir(), 'otpost-providers-'));
  createKeyringFile(join(folder, 'keyring.json'));
  local = LocalKeyring.open(join(folder, 'keyring.json'));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

testKeyEncryption('several providers, the present one Transit', () => ({
  keyEncryption: new KeyProviders('transit', these({ local, transit: transit() })),
  rotate: server.rotate,
  unknownKekId: 'aws-kms:arn:aws:kms:eu-central-1:111122223333:key/a',
}));

describe('KeyProviders', () => {
  it('moves a key from the provider that was to the one that is', async () => {
    const before = new KeyProviders('local', these({ local }));
    const between = new KeyProviders('transit', these({ transit: transit(), local }));
    const after = new KeyProviders('transit', these({ transit: transit() }));
    const old = await before.wrap(key, context);
    expect([...(await between.unwrap(old, context))]).toEqual([...key]);
    const moved = await rewrapKey(between, between, old, context);
    expect(moved.kekId).toMatch(/^transit:/);
    expect([...(await after.unwrap(moved, context))]).toEqual([...key]);
    await expect(after.unwrap(old, context)).rejects.toThrow(/wrapped by "local", which is not configured/);
  });
});
