import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type KeyContext } from '../key-encryption.js';
import { Secret } from '../secret.js';
import { testKeyEncryption } from '../testing/key-encryption-suite.js';
import {
  refuse,
  startTransitStandIn,
  type TransitStandIn,
  type TransitStandInOptions,
} from '../testing/transit-stand-in.js';
import { Transit, type TransitOptions } from './transit.js';

const context: KeyContext = { workspaceId: 'a workspace', keyId: 'a key', purpose: 'data-key' };
const key = new Uint8Array(32).fill(7);
const impatient = { limits: { attempts: 2, timeoutMs: 200 } };

const variants: [name: string, options: TransitStandInOptions][] = [
  ['Transit', {}],
  ['Transit with a key that derives', { derived: true }],
  ['Transit in a namespace', { namespace: 'admin/otpost' }],
];
for (const [name, options] of variants) {
  testKeyEncryption(name, async () => {
    const { url, key: keyName, token, rotate, close } = await startTransitStandIn(options);
    const { namespace } = options;
    return {
      keyEncryption: new Transit({
        url,
        key: keyName,
        token: new Secret(token),
        ...(namespace === undefined ? {} : { namespace }),
      }),
      rotate,
      unknownKekId: `transit:${namespace === undefined ? '' : `${namespace}/`}transit/none:v1`,
      close,
    };
  });
}

describe('Transit', () => {
  let server: TransitStandIn;
  let folder: string;
  beforeAll(async () => {
    server = await startTransitStandIn();
    folder = mkdtempSync(join(tmpdir(), 'otpost-transit-'));
  });
  beforeEach(() => {
    server.fault = undefined;
    server.requests.length = 0;
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const open = (over: Partial<TransitOptions> = {}) =>
    new Transit({
      url: server.url,
      key: server.key,
      token: new Secret(server.token),
      ...over,
    });

  it('reads the token file before each call, as an agent renews it', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, `${server.token}\n`);
    const transit = open({ token: { file } });
    expect(await transit.activeKekId()).toBe('transit:transit/otpost:v1');
    const earlier = server.token;
    server.token = 'hvs.renewed';
    await expect(transit.activeKekId()).rejects.toMatchObject({ code: 'key_provider_denied' });
    writeFileSync(file, server.token);
    expect(await transit.activeKekId()).toBe('transit:transit/otpost:v1');
    server.token = earlier;
    for (const content of ['', 'two\nlines']) {
      writeFileSync(file, content);
      await expect(transit.activeKekId()).rejects.toMatchObject({
        code: 'key_provider_denied',
        message: /holds no token/,
      });
    }
    rmSync(file);
    await expect(transit.activeKekId()).rejects.toThrow(/token file .* cannot be read \(ENOENT\)/);
  });

  it.each([
    ['it hangs', () => 'hang' as const, 'key_provider_unavailable', /no answer in time/],
    ['it is sealed', () => refuse(503, 'Vault is sealed'), 'key_provider_unavailable', /answers 503/],
    [
      'it is a standby',
      () => ({ ...refuse(307), headers: { location: '/x' } }),
      'key_provider_unavailable',
      /redirect/,
    ],
    ['the token has ended', () => refuse(403, 'permission denied'), 'key_provider_denied', /policy lacks/],
    [
      'the version is too old',
      () => refuse(400, 'ciphertext or signature version is disallowed by policy (too old)'),
      'key_disabled',
      /min_decryption_version/,
    ],
    ['the key is another', () => refuse(400, 'invalid ciphertext: unable to decrypt'), 'not_authentic', /another key/],
    ['there is no key', () => refuse(400, 'encryption key not found'), 'unknown_kek', /no such key/],
    ['it says something new', () => refuse(400, 'canary'), 'key_provider_denied', /400/],
    ['it is no Vault', () => ({ status: 404, body: 'canary' }), 'key_provider_denied', /404/],
  ])('says what to do when %s, in words of its own', async (_, fault, code, message) => {
    const wrapped = await open().wrap(key, context);
    server.fault = fault;
    const refused = open(fault() === 'hang' ? impatient : {}).unwrap(wrapped, context);
    await expect(refused).rejects.toMatchObject({
      name: 'EnvelopeError',
      code,
      message: expect.stringMatching(message) as unknown,
    });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('canary') as unknown });
  });

  it('tries a passing failure again', async () => {
    let count = 0;
    server.fault = () => ((count += 1) < 3 ? refuse(503, 'Vault is sealed') : undefined);
    expect(await open().activeKekId()).toBe('transit:transit/otpost:v1');
    expect(count).toBe(3);
  });

  it('says when there is no such key, or one that authenticates no context', async () => {
    await expect(open({ key: 'none' }).activeKekId()).rejects.toThrow(/no key none: make it/);
    const rsa = await startTransitStandIn({ type: 'rsa-4096' });
    await expect(open({ url: rsa.url }).wrap(key, context)).rejects.toThrow(/use aes256-gcm96/);
    await rsa.close();
  });

  it('asks no other mount, whatever a row names', async () => {
    const wrapped = await open().wrap(key, context);
    server.requests.length = 0;
    for (const kekId of ['transit:other/otpost:v1', 'transit:transit/../sys/otpost:v1', 'transit:transit/otpost'])
      await expect(open().unwrap({ ...wrapped, kekId }, context)).rejects.toMatchObject({ code: 'unknown_kek' });
    expect(server.requests).toEqual([]);
  });
});
