import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataKey, unwrapDataKey, wrapDataKey } from './data-key.js';
import {
  activateKeyringKey,
  addKeyringKey,
  createKeyringFile,
  readKeyringFile,
  retireKeyringKey,
} from './keyring-file.js';
import { LocalKeyring } from './local-keyring.js';
import { Secret } from './secret.js';
import { testKeyEncryption } from './testing/key-encryption-suite.js';

const ACME = '01890a5d-0000-7000-8000-000000000001';
const KEY_ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const refusal = (code: unknown, message: RegExp = /./): unknown =>
  expect.objectContaining({ name: 'EnvelopeError', code, message: expect.stringMatching(message) as unknown });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otpost-keyring-'));
  path = join(folder, 'keyring.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

testKeyEncryption('a keyring file', () => {
  const ownFolder = mkdtempSync(join(tmpdir(), 'otpost-keyring-'));
  const ownPath = join(ownFolder, 'keyring.json');
  createKeyringFile(ownPath);
  return {
    keyEncryption: LocalKeyring.open(ownPath),
    rotate: () => activateKeyringKey(ownPath, addKeyringKey(ownPath)),
    unknownKekId: 'local:0123456789abcdef',
    close: () => rmSync(ownFolder, { recursive: true }),
  };
});

describe('a keyring file', () => {
  it('is made with one active key, for its owner only, and nothing beside it', () => {
    const kekId = createKeyringFile(path);
    const keyring = readKeyringFile(path);
    expect(keyring.activeKekId).toBe(kekId);
    expect(keyring.keys.map((key) => [key.kekId, key.key.reveal().length])).toEqual([[kekId, 32]]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  it('is never written over by a new one', () => {
    createKeyringFile(path);
    const before = readFileSync(path);
    expect(() => createKeyringFile(path)).toThrow(refusal('keyring_exists'));
    writeFileSync(join(folder, 'mine'), 'not a keyring');
    expect(() => createKeyringFile(join(folder, 'mine'))).toThrow(refusal('keyring_exists'));
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readFileSync(join(folder, 'mine'), 'utf8')).toBe('not a keyring');
    expect(readdirSync(folder).sort()).toEqual(['keyring.json', 'mine']);
  });

  it('is refused while others may read it, naming path and mode and no content', () => {
    createKeyringFile(path);
    const [content] = /[A-Za-z0-9+/]{43}=/.exec(readFileSync(path, 'utf8')) ?? ['not there'];
    for (const mode of [0o640, 0o604, 0o660, 0o611]) {
      chmodSync(path, mode);
      const message = new RegExp(`keyring\\.json has mode 0${mode.toString(8)}`);
      expect(() => LocalKeyring.open(path)).toThrow(refusal('keyring_permissions', message));
      expect(() => LocalKeyring.open(path)).not.toThrow(content);
    }
    chmodSync(path, 0o400);
    expect(LocalKeyring.open(path)).toBeInstanceOf(LocalKeyring);
  });

  const asRoot = process.geteuid?.() === 0 ? it : it.skip;
  asRoot('may be read by its group where it is root’s, as Kubernetes mounts a Secret (skipped without root)', () => {
    createKeyringFile(path);
    chownSync(path, 0, 1000);
    chmodSync(folder, 0o711);
    try {
      process.setegid?.(1000);
      process.seteuid?.(1000);
      for (const mode of [0o440, 0o640]) {
        asOwner(() => chmodSync(path, mode));
        expect(LocalKeyring.open(path)).toBeInstanceOf(LocalKeyring);
      }
      for (const mode of [0o460, 0o444]) {
        asOwner(() => chmodSync(path, mode));
        expect(() => LocalKeyring.open(path)).toThrow(refusal('keyring_permissions'));
      }
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
    function asOwner(act: () => void) {
      process.seteuid?.(0);
      act();
      process.seteuid?.(1000);
    }
  });

  it('is refused when it is missing or malformed, quoting nothing', () => {
    expect(() => LocalKeyring.open(path)).toThrow(refusal('keyring_missing', /keyring\.json/));
    createKeyringFile(path);
    const good = JSON.parse(readFileSync(path, 'utf8')) as { keys: [{ id: string; key: string }] };
    const [first] = good.keys;
    const malformed: Record<string, unknown> = {
      'not JSON': '{"version":1,"keys":[{"key":"canary',
      empty: '',
      'other version': { ...good, version: 2 },
      'no keys': { ...good, keys: [] },
      'an unknown field': { ...good, canary: 'canary' },
      'a short key': { ...good, keys: [{ ...first, key: 'Y2FuYXJ5' }] },
      'a foreign id': { ...good, keys: [{ ...first, id: 'canary' }] },
      'no such active key': { ...good, active: 'local:0000000000000000' },
      'the same id twice': { ...good, keys: [first, first] },
    };
    for (const content of Object.values(malformed)) {
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      expect(() => LocalKeyring.open(path)).toThrow(refusal('keyring_malformed', /^(?!.*canary).*keyring\.json/));
    }
  });

  it('takes a new key, then uses it, then lets go of the old one, but never of the active one', () => {
    const first = createKeyringFile(path);
    const second = addKeyringKey(path);
    expect(readKeyringFile(path)).toMatchObject({ activeKekId: first, keys: [{ kekId: first }, { kekId: second }] });
    activateKeyringKey(path, second);
    expect(readKeyringFile(path).activeKekId).toBe(second);
    expect(() => retireKeyringKey(path, second)).toThrow(refusal('keyring_key_active'));
    retireKeyringKey(path, first);
    expect(readKeyringFile(path)).toMatchObject({ activeKekId: second, keys: [{ kekId: second }] });
    for (const change of [activateKeyringKey, retireKeyringKey])
      expect(() => change(path, first)).toThrow(refusal('unknown_kek'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['keyring.json']);
  });

  it('takes one change at a time, and says what to do after an interrupted one', () => {
    createKeyringFile(path);
    writeFileSync(`${path}.new`, '');
    expect(() => addKeyringKey(path)).toThrow(refusal('keyring_busy', /remove .*keyring\.json\.new/));
    expect(readKeyringFile(path).keys).toHaveLength(1);
    rmSync(`${path}.new`);
    addKeyringKey(path);
    expect(readKeyringFile(path).keys).toHaveLength(2);
  });

  it('stays with its owner when root changes it', () => {
    createKeyringFile(path);
    const [uid, gid] = process.geteuid?.() === 0 ? [12_345, 23_456] : [statSync(path).uid, statSync(path).gid];
    chownSync(path, uid, gid);
    addKeyringKey(path);
    expect([statSync(path).uid, statSync(path).gid]).toEqual([uid, gid]);
  });

  it('prints no key when it is printed', () => {
    createKeyringFile(path);
    const keyring = readKeyringFile(path);
    const key = Buffer.from(keyring.keys[0]?.key.reveal() ?? []);
    for (const text of [inspect(keyring, { depth: 9 }), JSON.stringify(keyring), inspect(LocalKeyring.open(path))])
      for (const encoding of ['base64', 'hex'] as const) expect(text).not.toContain(key.toString(encoding));
  });
});

describe('LocalKeyring', () => {
  it('unwraps a data key only for its own workspace and id', async () => {
    createKeyringFile(path);
    const keyring = LocalKeyring.open(path);
    const key = DataKey.generate(KEY_ID, 2);
    const row = await wrapDataKey(keyring, key, ACME);
    const unwrapped = await unwrapDataKey(keyring, row);
    expect([unwrapped.id, unwrapped.version]).toEqual([KEY_ID, 2]);
    expect(Buffer.from(unwrapped.reveal()).equals(key.reveal())).toBe(true);
    const moved = { ...row, workspaceId: '01890a5d-0000-7000-8000-000000000002' };
    await expect(unwrapDataKey(keyring, moved)).rejects.toThrow(refusal('not_authentic'));
  });

  it('in a running vault follows a key added and activated by another process', async () => {
    createKeyringFile(path);
    const [mine, theirs] = [LocalKeyring.open(path), LocalKeyring.open(path)];
    const second = addKeyringKey(path);
    activateKeyringKey(path, second);
    const row = await wrapDataKey(theirs, DataKey.generate(KEY_ID, 1), ACME);
    expect(row.kekId).toBe(second);
    expect((await unwrapDataKey(mine, row)).id).toBe(KEY_ID);
    expect(await mine.activeKekId()).toBe(second);
  });

  it('does not wrap under a key that was retired meanwhile, but still unwraps what it can', async () => {
    const first = createKeyringFile(path);
    const keyring = LocalKeyring.open(path);
    const row = await wrapDataKey(keyring, DataKey.generate(KEY_ID, 1), ACME);
    activateKeyringKey(path, addKeyringKey(path));
    retireKeyringKey(path, first);
    expect((await unwrapDataKey(keyring, row)).id).toBe(KEY_ID);
    expect((await wrapDataKey(keyring, DataKey.generate(KEY_ID, 1), ACME)).kekId).not.toBe(first);
    await expect(unwrapDataKey(keyring, row)).rejects.toThrow(refusal('unknown_kek'));
  });

  it('keeps serving reads while the file is gone or broken, and wraps nothing', async () => {
    createKeyringFile(path);
    const keyring = LocalKeyring.open(path);
    const row = await wrapDataKey(keyring, DataKey.generate(KEY_ID, 1), ACME);
    for (const breakIt of [() => writeFileSync(path, 'x'), () => rmSync(path)]) {
      breakIt();
      expect(() => keyring.reload()).toThrow(refusal(expect.stringMatching(/keyring_(malformed|missing)/)));
      expect((await unwrapDataKey(keyring, row)).id).toBe(KEY_ID);
      await expect(wrapDataKey(keyring, DataKey.generate(KEY_ID, 1), ACME)).rejects.toThrow(/keyring/);
    }
  });

  it('may come from a string, with the same keys', async () => {
    createKeyringFile(path);
    const row = await wrapDataKey(LocalKeyring.open(path), DataKey.generate(KEY_ID, 1), ACME);
    const fromText = LocalKeyring.parse(new Secret(readFileSync(path, 'utf8')));
    expect((await unwrapDataKey(fromText, row)).id).toBe(KEY_ID);
    expect(() => LocalKeyring.parse(new Secret('canary'))).toThrow(refusal('keyring_malformed', /^(?!.*canary)/));
  });

  it('refuses a wrapped key of a later format', async () => {
    createKeyringFile(path);
    const keyring = LocalKeyring.open(path);
    const row = await wrapDataKey(keyring, DataKey.generate(KEY_ID, 1), ACME);
    row.wrapped[0] = 2;
    await expect(unwrapDataKey(keyring, row)).rejects.toThrow(refusal('unknown_version'));
  });
});
