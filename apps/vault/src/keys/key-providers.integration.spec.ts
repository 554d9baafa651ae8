import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OwnerDatabase } from '@otpost/database';
import {
  AwsKms,
  KeyProviders,
  LocalKeyring,
  Secret,
  Transit,
  type EnvelopeError,
  type KeyEncryption,
  type KeyProviderName,
} from '@otpost/envelope';
import {
  startAwsKmsStandIn,
  startTransitStandIn,
  type AwsKmsStandIn,
  type TransitStandIn,
} from '@otpost/envelope/testing';
import { ConfigError } from '@otpost/platform';
import { KekRotation } from './kek-rotation.js';
import { systemCaller } from './key-keeper.js';
import { openKeyEncryption, rememberingSuccess, type KeyProviderConfig } from './key-providers.js';
import { readKeyStatus } from './key-status.js';
import { keysCommand } from './keys-command.js';
import { makeWorkspace, openKeyWorld, readEverything, type KeyWorld } from './testing/key-world.js';
import { readSteadily } from './testing/steady-load.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const caller = systemCaller('spec');
let world: KeyWorld;
let aws: AwsKmsStandIn;
let transit: TransitStandIn;
let folder: string;

beforeAll(async () => {
  [world, aws, transit] = await Promise.all([openKeyWorld(), startAwsKmsStandIn(), startTransitStandIn()]);
  folder = mkdtempSync(join(tmpdir(), 'otpost-key-providers-'));
  writeFileSync(join(folder, 'token'), transit.token);
  await new VaultKeyPairs(world.owner, world.keyring, 300).ensure(caller);
});
afterAll(async () => {
  await Promise.all([world.close(), aws.close(), transit.close()]);
  rmSync(folder, { recursive: true });
});

const transitConfig = (): Partial<KeyProviderConfig> => ({
  OTPOST_TRANSIT_URL: transit.url,
  OTPOST_TRANSIT_KEY: transit.key,
  OTPOST_TRANSIT_TOKEN_FILE: join(folder, 'token'),
});
const configured = (config: Partial<KeyProviderConfig>, onFailure?: (error: EnvelopeError) => void) =>
  openKeyEncryption({ OTPOST_KEY_PROVIDER: 'local', OTPOST_TRANSIT_MOUNT: 'transit', ...config }, onFailure);

/** As a vault is configured with these: the first one wraps. AWS gets its credentials from here, and not from the environment. */
function providersOf(present: KeyProviderName, ...others: KeyProviderName[]): KeyEncryption {
  const open: Record<KeyProviderName, () => KeyEncryption> = {
    local: () => LocalKeyring.open(world.keyringFile),
    'aws-kms': () => new AwsKms({ keyArn: aws.aliasArn, endpoint: aws.url, credentials: aws.credentials }),
    'gcp-kms': () => {
      throw new Error('not in this spec');
    },
    transit: () => new Transit({ url: transit.url, key: transit.key, token: new Secret(transit.token) }),
  };
  return new KeyProviders(present, new Map([present, ...others].map((name) => [name, open[name]()])));
}

describe('moving the keys', () => {
  it('from keyring to AWS KMS to Transit fails no read of the vaults that are replaced on the way, nor of those that replace them', async () => {
    const workspaces = [await makeWorkspace(world), await makeWorkspace(world)];
    const failures: unknown[] = [];
    let [values, rewrappedKeys] = [0, 0];

    /** A vault of this configuration, under reads; it makes workspaces too, as any vault may at any time. */
    const startVault = (keys: KeyEncryption) => {
      const vault = world.startVault(0, keys);
      const readers = workspaces.map((workspaceId) => readSteadily(vault, workspaceId));
      const stop = async () => {
        for (const reader of readers) {
          const read = await reader();
          values += read.values;
          failures.push(...read.failures);
        }
      };
      return { vault, stop };
    };
    type Running = ReturnType<typeof startVault>;
    /** As an orchestrator does it: the next vault runs beside the last one for a while. */
    const replace = async (last: Running, keys: KeyEncryption): Promise<Running> => {
      const next = startVault(keys);
      const made = await Promise.all([makeWorkspace(last.vault), makeWorkspace(next.vault)]);
      for (const workspaceId of made)
        for (const { vault } of [last, next])
          expect((await readEverything(vault, workspaceId)).values).toBeGreaterThan(0);
      await last.stop();
      return next;
    };
    const rewrap = async (keys: KeyEncryption, prefix: string) => {
      const { rewrapped, failed, activeKekId } = await new KekRotation(world.owner, keys).rewrapAll(caller);
      expect(failed).toEqual([]);
      expect(activeKekId).toMatch(prefix);
      const status = await readKeyStatus(world.owner, activeKekId);
      expect(status).toMatchObject({ keks: [{ id: activeKekId, key_pairs: 1 }], data_keys_under_old_keks: 0 });
      rewrappedKeys += rewrapped;
    };

    let running = startVault(providersOf('local'));
    running = await replace(running, providersOf('local', 'aws-kms'));
    running = await replace(running, providersOf('aws-kms', 'local'));
    await rewrap(providersOf('aws-kms', 'local'), 'aws-kms:arn:');
    running = await replace(running, providersOf('aws-kms', 'transit'));
    running = await replace(running, providersOf('transit', 'aws-kms'));
    await rewrap(providersOf('transit', 'aws-kms'), 'transit:transit/otpost:v1');
    transit.rotate();
    await rewrap(providersOf('transit'), 'transit:transit/otpost:v2');
    running = await replace(running, providersOf('transit'));
    await running.stop();

    expect(failures).toEqual([]);
    expect(rewrappedKeys).toBeGreaterThan(3 * 3);
    expect(values).toBeGreaterThan(0);
    process.stdout.write(`keyring to AWS to Transit: ${values} values read, 0 failed\n`);
  }, 120_000);
});

describe('a vault whose provider', () => {
  it('is away goes on with the keys it has, says unavailable of others, and needs no restart', async () => {
    const reasons: string[] = [];
    const keys = configured({ OTPOST_KEY_PROVIDER: 'transit', ...transitConfig() }, ({ message }) =>
      reasons.push(message),
    );
    const vault = world.startVault(300, keys);
    const [known, unknown] = [await makeWorkspace(vault), await makeWorkspace(vault)];
    expect((await readEverything(vault, known)).values).toBeGreaterThan(0);
    transit.fault = () => ({ status: 503, body: { errors: ['Vault is sealed'] } });
    expect((await readEverything(vault, known)).values).toBeGreaterThan(0);
    const later = world.startVault(300, keys);
    await expect(readEverything(later, unknown)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The keys are out of reach, try again',
      internal: expect.stringContaining('answers 503') as unknown,
    });
    await expect(makeWorkspace(later)).rejects.toMatchObject({ code: 'unavailable' });
    transit.rotate();
    await expect(new KekRotation(world.owner, keys).rewrapAll(caller)).rejects.toMatchObject({ code: 'unavailable' });
    expect(new Set(reasons)).toEqual(new Set(['the Transit engine is not available: it answers 503']));
    transit.fault = undefined;
    expect((await readEverything(later, unknown)).values).toBeGreaterThan(0);
    expect((await new KekRotation(world.owner, keys).rewrapAll(caller)).failed).toEqual([]);
  }, 60_000);

  it('is not named any more says which key names it, and rewraps the others', async () => {
    const lost = await makeWorkspace(world, 0);
    const keys = configured({ OTPOST_KEY_PROVIDER: 'transit', ...transitConfig() });
    transit.rotate();
    const { rewrapped, failed } = await new KekRotation(world.owner, keys).rewrapAll(caller);
    expect(rewrapped).toBeGreaterThan(1);
    expect(failed).toMatchObject([{ reason: expect.stringContaining('wrapped by "local"') as unknown }]);
    await expect(readEverything(world.startVault(0, keys), lost)).rejects.toMatchObject({ code: 'unavailable' });
    await world.owner.prisma.workspace.delete({ where: { id: lost } });
  });
});

describe('the configuration of the key providers', () => {
  it('names every variable that is missing for the providers it names', () => {
    expect(() => configured({ OTPOST_OTHER_KEY_PROVIDERS: ['aws-kms', 'gcp-kms', 'transit'] })).toThrow(ConfigError);
    try {
      configured({ OTPOST_OTHER_KEY_PROVIDERS: ['aws-kms', 'gcp-kms', 'transit'] });
    } catch (error) {
      expect((error as ConfigError).problems.map((problem) => problem.split(' ')[0])).toEqual([
        'OTPOST_KEYRING_FILE',
        'OTPOST_AWS_KMS_KEY',
        'OTPOST_GCP_KMS_KEY',
        'OTPOST_TRANSIT_URL',
        'OTPOST_TRANSIT_KEY',
        'OTPOST_TRANSIT_TOKEN_FILE',
      ]);
    }
  });

  it('asks nobody at start: a provider that is away keeps no vault from starting', async () => {
    const keys = configured({
      OTPOST_KEY_PROVIDER: 'transit',
      ...transitConfig(),
      OTPOST_TRANSIT_URL: 'http://127.0.0.1:1',
    });
    await expect(keys.activeKekId()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('otpost keys, with a provider that is no keyring', () => {
  const run = async (line: string, keys: KeyEncryption) => {
    const lines: string[] = [];
    const code = await keysCommand(line.split(' '), {
      provider: 'transit',
      keyringFile: undefined,
      openKeyEncryption: () => keys,
      openDatabase: () => new OwnerDatabase({ url: world.ownerUrl, applicationName: 'spec (command)' }),
      print: (text) => lines.push(text),
      signal: new AbortController().signal,
    });
    return { code, said: lines.join('\n') };
  };

  it('wraps everything with what the provider has rotated to', async () => {
    const keys = configured({ OTPOST_KEY_PROVIDER: 'transit', ...transitConfig() });
    transit.rotate();
    const active = await keys.activeKekId();
    expect(await run('rotate-kek', keys)).toEqual({
      code: 0,
      said: expect.stringMatching(new RegExp(`^\\d+ keys rewrapped with ${active}$`)) as unknown,
    });
    expect((await run('status', keys)).said).toContain(`active key-encryption key   ${active}`);
  });

  it('makes and destroys no keys of it, and says why it cannot reach it', async () => {
    const keys = configured({ OTPOST_KEY_PROVIDER: 'transit', ...transitConfig() });
    for (const line of ['init', 'add-kek', 'retire-kek transit:transit/otpost:v1'])
      expect(await run(line, keys)).toEqual({
        code: 1,
        said: expect.stringContaining('keys of transit are made and destroyed there') as unknown,
      });
    transit.fault = () => ({ status: 403, body: { errors: ['permission denied'] } });
    expect((await run('status', keys)).said).toContain("refuses the vault's token (403)");
    transit.fault = undefined;
  });
});

describe('rememberingSuccess', () => {
  it('asks again half a minute after a success, at once after a failure, and once for many who ask', async () => {
    let [now, asked, isAway] = [0, 0, true];
    const check = rememberingSuccess(
      () => {
        asked += 1;
        return isAway ? Promise.reject(new Error('away')) : Promise.resolve();
      },
      () => now,
    );
    await expect(check()).rejects.toThrow('away');
    await expect(check()).rejects.toThrow('away');
    isAway = false;
    await Promise.all([check(), check(), check()]);
    now += 29_999;
    await check();
    expect(asked).toBe(3);
    now += 2;
    isAway = true;
    await expect(check()).rejects.toThrow('away');
  });
});
