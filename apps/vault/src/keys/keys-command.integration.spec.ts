import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnerDatabase } from '@otpost/database';
import { LocalKeyring, readKeyringFile } from '@otpost/envelope';
import { keysCommand, keysUsage } from './keys-command.js';
import { makeWorkspace, openKeyWorld, readEverything, type KeyWorld } from './testing/key-world.js';

let world: KeyWorld;

beforeAll(async () => {
  world = await openKeyWorld();
});
afterAll(() => world.close());

async function run(line: string, over: { keyringFile?: string; signal?: AbortSignal; url?: string } = {}) {
  const lines: string[] = [];
  const keyringFile = over.keyringFile ?? world.keyringFile;
  const code = await keysCommand(line === '' ? [] : line.split(' '), {
    provider: 'local',
    keyringFile,
    openKeyEncryption: () => LocalKeyring.open(keyringFile),
    openDatabase: () => new OwnerDatabase({ url: over.url ?? world.ownerUrl, applicationName: 'spec (command)' }),
    print: (text) => lines.push(text),
    signal: over.signal ?? new AbortController().signal,
    graceMs: 0,
  });
  return { code, said: lines.join('\n') };
}

describe('otpost keys', () => {
  it('rotates everything, step by step, and tells where it is', async () => {
    const workspaceId = await makeWorkspace(world, 2);
    const old = readKeyringFile(world.keyringFile).activeKekId;
    expect(await run('rotate-key-pair')).toMatchObject({ code: 0 });
    expect((await run('rotate-kek')).said).toContain('2 keys rewrapped');
    expect(await run(`rotate-dek --workspace ${workspaceId}`)).toEqual({
      code: 0,
      said: [
        '1 workspaces have a new data key',
        'all moved; the old keys go in 0 s, when no read needs them any more',
        '15 rows encrypted anew, 1 old keys destroyed',
      ].join('\n'),
    });
    expect((await run('rotate-dek')).said).toContain('15 rows encrypted anew');
    expect(await run(`retire-kek ${old}`)).toEqual({ code: 0, said: `${old} is destroyed` });
    const active = readKeyringFile(world.keyringFile).activeKekId;
    expect(JSON.parse((await run('status --json')).said)).toEqual({
      active_kek: active,
      keks: [{ id: active, data_keys: 1, key_pairs: 1 }],
      data_keys: 1,
      data_keys_under_old_keks: 0,
      retiring_data_keys: 0,
      rows_under_old_data_keys: 0,
    });
    expect((await run('status')).said).toContain(`${active} wraps 1 data keys, 1 key pairs`);
    await readEverything(world.startVault(), workspaceId);
  }, 60_000);

  it('refuses what would lose data', async () => {
    const { activeKekId } = readKeyringFile(world.keyringFile);
    const refused = await run(`retire-kek ${activeKekId}`);
    expect(refused.code).toBe(1);
    expect(refused.said).toContain('still wraps');
  });

  it('makes a keyring once, without a database', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'otpost-keys-command-'));
    const keyringFile = join(directory, 'keyring.json');
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    expect((await run('init', { keyringFile, url })).said).toContain('made, with key local:');
    const { activeKekId } = readKeyringFile(keyringFile);
    expect(await run('init', { keyringFile, url })).toEqual({
      code: 0,
      said: `keyring ${keyringFile} is there already`,
    });
    expect((await run('add-kek', { keyringFile, url })).code).toBe(0);
    expect(readKeyringFile(keyringFile)).toMatchObject({ activeKekId, keys: [{}, {}] });
    const down = await run('status', { keyringFile, url });
    expect(down).toEqual({
      code: 1,
      said: 'keys: PostgreSQL does not answer, or does not let us in: is DATABASE_OWNER_URL right?',
    });
    rmSync(directory, { recursive: true });
  });

  it('says what is wrong in one line', async () => {
    expect(await run('')).toEqual({ code: 0, said: keysUsage });
    expect((await run('rotate')).code).toBe(2);
    expect((await run('rotate-dek --workspace x')).said).toBe('keys: "x" is not the id of a workspace');
    expect((await run('rotate-dek --everything')).code).toBe(2);
    expect((await run('retire-kek')).code).toBe(2);
    expect(await run('rotate-dek --workspace 0192f0c1-5f3a-7c11-9f60-2b1f5f1d2a01')).toEqual({
      code: 1,
      said: 'keys: workspace not found',
    });
    expect((await run('status', { keyringFile: '/nowhere/keyring' })).said).toContain('there is no keyring');
  });

  it('stops when interrupted, and goes on when asked again', async () => {
    await makeWorkspace(world, 3);
    const stopped = await run('rotate-dek', { signal: AbortSignal.abort() });
    expect(stopped).toEqual({ code: 1, said: 'keys: interrupted; give the command again to go on' });
    expect((await run('rotate-dek')).code).toBe(0);
    expect((JSON.parse((await run('status --json')).said) as { retiring_data_keys: number }).retiring_data_keys).toBe(
      0,
    );
  });
});
