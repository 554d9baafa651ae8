import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type KeyContext } from '../key-encryption.js';
import {
  type GoogleCloudKmsStandIn,
  refuse,
  startGoogleCloudKmsStandIn,
} from '../testing/google-cloud-kms-stand-in.js';
import { testKeyEncryption } from '../testing/key-encryption-suite.js';
import { GoogleCloudKms, type GoogleCloudKmsOptions } from './google-cloud-kms.js';

const context: KeyContext = { workspaceId: 'a workspace', keyId: 'a key', purpose: 'data-key' };
const key = new Uint8Array(32).fill(7);
const impatient = { limits: { attempts: 2, timeoutMs: 200 } };

testKeyEncryption('Google Cloud KMS', async () => {
  const { url: endpoint, keyName, credentialsFile, rotate, close } = await startGoogleCloudKmsStandIn();
  return {
    keyEncryption: new GoogleCloudKms({ keyName, endpoint, credentialsFile }),
    rotate: () => void rotate(),
    unknownKekId: `gcp-kms:${keyName}-none/cryptoKeyVersions/1`,
    close,
  };
});

describe('GoogleCloudKms', () => {
  let server: GoogleCloudKmsStandIn;
  beforeAll(async () => {
    server = await startGoogleCloudKmsStandIn();
  });
  beforeEach(() => {
    server.fault = undefined;
    server.requests.length = 0;
  });
  afterAll(() => server.close());

  const open = (over: Partial<GoogleCloudKmsOptions> = {}) =>
    new GoogleCloudKms({
      keyName: server.keyName,
      endpoint: server.url,
      credentialsFile: server.credentialsFile,
      ...over,
    });
  it('takes no answer whose checksum does not hold, and asks again', async () => {
    const kms = open();
    const wrapped = await kms.wrap(key, context);
    const changed = { status: 200, body: { plaintext: Buffer.from(key).toString('base64'), plaintextCrc32c: '1' } };
    let count = 0;
    server.fault = ({ path }) => (path.endsWith(':decrypt') && (count += 1) < 3 ? changed : undefined);
    expect([...(await kms.unwrap(wrapped, context))]).toEqual([...key]);
    expect(count).toBe(3);
    server.fault = ({ path }) => (path.endsWith(':decrypt') ? changed : undefined);
    await expect(kms.unwrap(wrapped, context)).rejects.toMatchObject({
      code: 'key_provider_unavailable',
      message: expect.stringContaining('checksum') as unknown,
    });
  });

  it('takes no ciphertext of a request whose checksums the server did not look at', async () => {
    const ciphertext = Buffer.from('made of something else').toString('base64');
    server.fault = ({ path }) =>
      path.endsWith(':encrypt')
        ? { status: 200, body: { name: 'x', ciphertext, ciphertextCrc32c: '0', verifiedPlaintextCrc32c: false } }
        : undefined;
    await expect(open().wrap(key, context)).rejects.toMatchObject({ code: 'key_provider_unavailable' });
  });

  it.each([
    ['it hangs', () => 'hang' as const, 'key_provider_unavailable', /no answer in time/],
    ['it is in trouble', () => refuse(503, 'UNAVAILABLE'), 'key_provider_unavailable', /answers 503/],
    ['a quota is used up', () => refuse(429, 'RESOURCE_EXHAUSTED'), 'key_provider_unavailable', /answers 429/],
    ['a role is missing', () => refuse(403, 'PERMISSION_DENIED'), 'key_provider_denied', /cryptoKeyEncrypterDecrypter/],
    ['the version is disabled', () => refuse(400, 'FAILED_PRECONDITION'), 'key_disabled', /Enable the version/],
    ['the key is another', () => refuse(400, 'INVALID_ARGUMENT'), 'not_authentic', /another key/],
    [
      'its checksum of the request does not hold',
      () => refuse(400, 'INVALID_ARGUMENT', 'The checksum in field ciphertext_crc32c did not match'),
      'key_provider_unavailable',
      /changed on the way/,
    ],
    ['there is no key', () => refuse(404, 'NOT_FOUND'), 'unknown_kek', /no such key/],
  ])('says what to do when %s, in words of its own', async (_, fault, code, message) => {
    const wrapped = await open().wrap(key, context);
    server.fault = ({ path }) => (path === '/token' ? undefined : fault());
    const refused = open(fault() === 'hang' ? impatient : {}).unwrap(wrapped, context);
    await expect(refused).rejects.toMatchObject({
      name: 'EnvelopeError',
      code,
      message: expect.stringMatching(message) as unknown,
    });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('canary') as unknown });
  });

  it('tells a Google that is away from one that gives it no token', async () => {
    server.fault = ({ path }) => (path === '/token' ? refuse(400, 'invalid_grant') : undefined);
    await expect(open().activeKekId()).rejects.toMatchObject({
      code: 'key_provider_denied',
      message: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS') as unknown,
    });
    const missing = open({ credentialsFile: '/nowhere/credentials.json' });
    await expect(missing.activeKekId()).rejects.toMatchObject({ code: 'key_provider_denied' });
    server.fault = ({ path }) => (path === '/token' ? 'hang' : undefined);
    await expect(open(impatient).activeKekId()).rejects.toMatchObject({ code: 'key_provider_unavailable' });
  });

  it('does not call a disabled version the active one', async () => {
    const own = await startGoogleCloudKmsStandIn();
    own.setState(own.rotate(), 'DISABLED');
    const kms = open({ endpoint: own.url, credentialsFile: own.credentialsFile });
    await expect(kms.activeKekId()).rejects.toMatchObject({ code: 'key_disabled' });
    await own.close();
  });

  it('asks no key of another project, whatever a row names', async () => {
    const kms = open();
    const wrapped = await kms.wrap(key, context);
    server.requests.length = 0;
    const foreign = wrapped.kekId.replace('acme-prod', 'mallory');
    for (const kekId of [foreign, `gcp-kms:${server.keyName}`, 'gcp-kms:projects/acme-prod/../x/cryptoKeyVersions/1'])
      await expect(kms.unwrap({ ...wrapped, kekId }, context)).rejects.toMatchObject({ code: 'unknown_kek' });
    expect(server.requests).toEqual([]);
  });

  it('takes the name of a key, and nothing else', () => {
    for (const keyName of ['kek', `${server.keyName}/cryptoKeyVersions/1`, ''])
      expect(() => open({ keyName })).toThrow(expect.objectContaining({ code: 'invalid_id' }));
  });
});
