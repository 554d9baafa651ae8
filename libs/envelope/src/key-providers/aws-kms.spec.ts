import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type KeyContext } from '../key-encryption.js';
import { type AwsKmsStandIn, refuse, startAwsKmsStandIn } from '../testing/aws-kms-stand-in.js';
import { testKeyEncryption } from '../testing/key-encryption-suite.js';
import { AwsKms, type AwsKmsOptions } from './aws-kms.js';

const context: KeyContext = { workspaceId: 'a workspace', keyId: 'a key', purpose: 'data-key' };
const key = new Uint8Array(32).fill(7);
const impatient = { limits: { attempts: 2, timeoutMs: 200 } };

testKeyEncryption('AWS KMS', async () => {
  const { url: endpoint, aliasArn: keyArn, credentials, pointAliasAtNewKey, close } = await startAwsKmsStandIn();
  return {
    keyEncryption: new AwsKms({ keyArn, endpoint, credentials }),
    rotate: () => void pointAliasAtNewKey(),
    unknownKekId: 'aws-kms:arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000',
    close,
  };
});

describe('AwsKms', () => {
  let server: AwsKmsStandIn;
  beforeAll(async () => {
    server = await startAwsKmsStandIn();
  });
  beforeEach(() => {
    server.fault = undefined;
    server.requests.length = 0;
  });
  afterAll(() => server.close());

  const open = (over: Partial<AwsKmsOptions> = {}) =>
    new AwsKms({
      keyArn: server.aliasArn,
      endpoint: server.url,
      credentials: server.credentials,
      ...over,
    });

  it('names the context to AWS, where key policies and CloudTrail see it', async () => {
    let seen: unknown;
    server.fault = ({ body }) => void (seen = body['EncryptionContext']);
    await open().wrap(key, context);
    expect(seen).toEqual({ 'otpost:purpose': 'data-key', 'otpost:workspace': 'a workspace', 'otpost:key': 'a key' });
  });

  it('tries a passing failure again, and no other', async () => {
    const [kms, wrapped] = [open(), await open().wrap(key, context)];
    for (const passing of [refuse('ThrottlingException'), refuse('KMSInternalException', 500)]) {
      let count = 0;
      server.fault = () => ((count += 1) === 3 ? undefined : passing);
      expect([...(await kms.unwrap(wrapped, context))]).toEqual([...key]);
      expect(count).toBe(3);
    }
    server.requests.length = 0;
    server.fault = () => refuse('AccessDeniedException');
    await expect(kms.unwrap(wrapped, context)).rejects.toThrow();
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['it hangs', () => 'hang' as const, 'key_provider_unavailable', /no answer in time/],
    ['it is in trouble', () => refuse('KMSInternalException', 500), 'key_provider_unavailable', /KMSInternalException/],
    ['permission is missing', () => refuse('AccessDeniedException'), 'key_provider_denied', /kms:Decrypt/],
    ['a credential has ended', () => refuse('ExpiredTokenException'), 'key_provider_denied', /ExpiredToken/],
    ['the key is disabled', () => refuse('DisabledException'), 'key_disabled', /Enable it/],
    ['the key is pending deletion', () => refuse('KMSInvalidStateException'), 'key_disabled', /deletion/],
    ['the key is another', () => refuse('IncorrectKeyException'), 'not_authentic', /another key/],
    ['there is no key', () => refuse('NotFoundException'), 'unknown_kek', /no such key/],
    ['it says something new', () => refuse('BrandNewException'), 'key_provider_denied', /BrandNewException/],
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

  it('is unavailable when nobody listens', async () => {
    const kms = open({ endpoint: 'http://127.0.0.1:1' });
    await expect(kms.activeKekId()).rejects.toMatchObject({ code: 'key_provider_unavailable' });
  });

  it('does not call a disabled key the active one', async () => {
    const own = await startAwsKmsStandIn();
    const arn = own.pointAliasAtNewKey();
    own.setState(arn, 'Disabled');
    await expect(open({ endpoint: own.url }).activeKekId()).rejects.toMatchObject({ code: 'key_disabled' });
    await own.close();
  });

  it('asks no key of another account, whatever a row names', async () => {
    const wrapped = await open().wrap(key, context);
    server.requests.length = 0;
    for (const arn of [
      'arn:aws:kms:eu-central-1:999999999999:key/a',
      'arn:aws:kms:us-east-1:111122223333:key/a',
      server.aliasArn,
    ])
      await expect(open().unwrap({ ...wrapped, kekId: `aws-kms:${arn}` }, context)).rejects.toMatchObject({
        code: 'unknown_kek',
      });
    expect(server.requests).toEqual([]);
  });

  it('takes the ARN of a key or of an alias, and nothing else', () => {
    for (const keyArn of ['alias/otpost', 'arn:aws:kms:eu-central-1:1:key/a', 'arn:aws:s3:::bucket', ''])
      expect(() => open({ keyArn })).toThrow(expect.objectContaining({ code: 'invalid_id' }));
    open({ keyArn: 'arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/mrk-0123' });
  });
});
