import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import SendblueAPI from 'sendblue';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { totpBetween } from './independent-totp.mjs';
import { createWorkspace, sharedSystem, type Workspace } from './system.js';

const system = sharedSystem();
let workspace: Workspace;
let client: SendblueAPI;

/** `otp_<env>_<id>_<secret>` */
function partsOf(apiKey: string): { apiKey: string; apiSecret: string } {
  const [, , id = '', ...secret] = apiKey.split('_');
  return { apiKey: id, apiSecret: secret.join('_') };
}

beforeAll(async () => {
  workspace = await createWorkspace(system);
  client = new SendblueAPI({ baseURL: system.gatewayUrl, ...partsOf(workspace.apiKey), maxRetries: 0 });
});

describe('the sendblue client, unmodified', () => {
  it('stores a secret by uri, and gets the code of an independent implementation', async () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const uri = `otpauth://totp/Example:alice@example.com?secret=${secret}&issuer=Example&algorithm=SHA256&digits=8&period=60`;
    rememberSecret('sendblue uri', uri);
    const { status, totp_secret: made } = await client.v2.totp.secrets.create({ uri });
    expect({ status, made }).toEqual({
      status: 'OK',
      made: {
        id: expect.any(String),
        label: 'alice@example.com',
        issuer: 'Example',
        algorithm: 'SHA256',
        digits: 8,
        period: 60,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        secret,
      },
    });
    const from = Date.now();
    const read = await client.v2.totp.getCode(made?.id ?? '');
    const right = totpBetween({ secret, algorithm: 'sha256', digits: 8, period: 60 }, from, Date.now());
    expect(right).toContain(read.code);
    rememberSecret('sendblue code', read.code ?? '');
    expect(read.status).toBe('OK');
    expect(read.expires_in).toBeGreaterThanOrEqual(1);
    expect(read.expires_in).toBeLessThanOrEqual(60);
  });

  it('stores a secret as sites hand it out, and one that is made for it', async () => {
    const handedOut = await client.v2.totp.secrets.create({ secret: 'jbsw y3dp-ehpk 3pxp', label: 'GitHub' });
    expect(handedOut.totp_secret).toMatchObject({
      secret: 'JBSWY3DPEHPK3PXP',
      algorithm: 'SHA1',
      digits: 6,
      period: 30,
    });
    const made = await client.v2.totp.secrets.create({ label: 'made', digits: 8 });
    expect(made.totp_secret?.secret).toMatch(/^[A-Z2-7]{32}$/);
    rememberSecret('made secret', made.totp_secret?.secret ?? '');
    const from = Date.now();
    const { code } = await client.v2.totp.getCode(made.totp_secret?.id ?? '');
    expect(totpBetween({ secret: made.totp_secret?.secret ?? '', digits: 8 }, from, Date.now())).toContain(code);
  });

  it('lists without secrets, and deletes', async () => {
    const { totp_secret: made } = await client.v2.totp.secrets.create({ label: 'to be deleted' });
    const listed = await client.v2.totp.secrets.list();
    const entry = listed.totp_secrets?.find(({ id }) => id === made?.id);
    expect(entry).toMatchObject({ label: 'to be deleted', issuer: null });
    expect(JSON.stringify(listed)).not.toContain(made?.secret);
    expect(entry).not.toHaveProperty('secret');
    expect(await client.v2.totp.secrets.delete(made?.id ?? '')).toEqual({ status: 'OK' });
    await expect(client.v2.totp.getCode(made?.id ?? '')).rejects.toMatchObject({ status: 404 });
    await expect(client.v2.totp.secrets.delete(made?.id ?? '')).rejects.toMatchObject({ status: 404 });
  });

  it('tells the same secret stored twice as two', async () => {
    const [one, two] = [
      await client.v2.totp.secrets.create({ secret: 'JBSWY3DPEHPK3PXP', label: 'twice' }),
      await client.v2.totp.secrets.create({ secret: 'JBSWY3DPEHPK3PXP', label: 'twice' }),
    ];
    expect(one.totp_secret?.id).not.toBe(two.totp_secret?.id);
  });

  it.each([
    ['not base32', { secret: 'JBSWY3DPEHPK3PX1', label: 'x' }, 'secret'],
    ['an empty secret', { secret: '', label: 'x' }, 'secret'],
    ['a secret under 5 bytes', { secret: 'JBSWY3', label: 'x' }, 'secret'],
    ['no label', { secret: 'JBSWY3DPEHPK3PXP' }, 'label'],
    ['7 digits', { label: 'x', digits: 7 }, 'digits'],
    ['a period of 0', { label: 'x', period: 0 }, 'period'],
    ['a period of 301', { label: 'x', period: 301 }, 'period'],
    ['MD5', { label: 'x', algorithm: 'MD5' }, 'algorithm'],
    ['a HOTP uri', { uri: 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=0' }, 'uri'],
  ])('refuses %s with 422, naming the field', async (_what, body, field) => {
    const refused = client.v2.totp.secrets.create(body as never);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      error: { status: 'ERROR', code: 'validation_failed', errors: [expect.objectContaining({ path: field })] },
    });
  });

  it('refuses a wrong key with 401, and an unknown id and one of another workspace alike with 404', async () => {
    const stranger = new SendblueAPI({
      baseURL: system.gatewayUrl,
      apiKey: 'nobody',
      apiSecret: 'x'.repeat(51),
      maxRetries: 0,
    });
    await expect(stranger.v2.totp.secrets.list()).rejects.toMatchObject({ status: 401 });
    const { totp_secret: mine } = await client.v2.totp.secrets.create({ label: 'mine' });
    const other = new SendblueAPI({
      baseURL: system.gatewayUrl,
      ...partsOf((await createWorkspace(system)).apiKey),
      maxRetries: 0,
    });
    const errorOf = (promise: PromiseLike<unknown>) =>
      Promise.resolve(promise).then(
        () => undefined,
        (error: { status: number; error: Record<string, unknown> }) => ({
          ...error.error,
          request_id: '',
          http: error.status,
        }),
      );
    const unknown = await errorOf(other.v2.totp.getCode(randomUUID()));
    expect(unknown).toMatchObject({ http: 404, status: 'ERROR' });
    expect(await errorOf(other.v2.totp.getCode(mine?.id ?? ''))).toEqual(unknown);
    expect(await errorOf(other.v2.totp.secrets.delete(mine?.id ?? ''))).toMatchObject({ http: 404 });
    expect(await client.v2.totp.getCode(mine?.id ?? '')).toMatchObject({ status: 'OK' });
  });

  it('works with a minted access token until it is revoked', async () => {
    const minted = await client.auth.tokens.create({ expires_in_seconds: 60 });
    rememberSecret('access token', minted.token);
    expect(minted).toMatchObject({ token_type: 'Bearer', phone_numbers: [], token_id: expect.any(String) });
    expect(Date.parse(minted.expires_at)).toBeLessThanOrEqual(Date.now() + 61_000);
    const bearer = new SendblueAPI({ baseURL: system.gatewayUrl, accessToken: minted.token, maxRetries: 0 });
    expect(await bearer.v2.totp.secrets.list()).toMatchObject({ status: 'OK' });
    await expect(bearer.auth.tokens.create()).rejects.toMatchObject({ status: 403 });
    await client.auth.tokens.revoke(minted.token_id);
    await expect(bearer.v2.totp.secrets.list()).rejects.toMatchObject({ status: 401 });
  });

  it('lists, counts and retrieves seats by id and by subject', async () => {
    const { body: made } = await call<{ seat_id: string }>(system, '/v1/seats', {
      key: workspace.apiKey,
      body: {
        email: 'Ada@example.com',
        first_name: 'Ada',
        subject: 'auth0|ada',
        forwarding_number: '+1 (312) 555-0142',
      },
    });
    await call(system, '/v1/seats', { key: workspace.apiKey, body: { email: 'bob@example.com' } });
    const [ada, ...rest] = await client.v2.seats.list({ email: 'ada@example.com' });
    expect(rest).toEqual([]);
    expect(ada).toEqual({
      seat_id: made.seat_id,
      account: '',
      email: 'Ada@example.com',
      first_name: 'Ada',
      last_name: null,
      forwarding_number: '+13125550142',
      created_at: expect.any(String),
    });
    expect(await client.v2.seats.count()).toEqual({ count: 2 });
    expect(await client.v2.seats.count({ email: 'bob@example.com' })).toEqual({ count: 1 });
    expect(await client.v2.seats.list({ limit: 1, offset: 1 })).toHaveLength(1);
    expect(await client.v2.seats.retrieve(made.seat_id)).toEqual({ status: 'OK', seat: ada });
    expect(await client.v2.seats.retrieve('auth0|ada')).toEqual({ status: 'OK', seat: ada });
    await expect(client.v2.seats.retrieve(randomUUID())).rejects.toMatchObject({ status: 404 });
    await expect(client.v2.seats.list({ limit: 201 })).rejects.toMatchObject({ status: 422 });
  });
});
