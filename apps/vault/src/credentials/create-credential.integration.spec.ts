import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encryptForClient, generateClientEncryptionKey, readFromClient, Secret } from '@otpost/envelope';
import { aPair, openVault, type Json, type OpenVault, type WorkspaceClient } from './testing/open-vault.js';

const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describe('a vault entry', () => {
  let vault: OpenVault;
  let client: WorkspaceClient;
  const encrypted = (value: unknown) => encryptForClient(new Secret(client.clientKey), value);
  const decrypted = (text: unknown) => {
    const { value, encrypted } = readFromClient(new Secret(client.clientKey), text as string);
    return encrypted ? value.reveal() : undefined;
  };

  beforeAll(async () => {
    vault = await openVault();
  });
  afterAll(() => vault.close());
  beforeEach(async () => {
    client = await vault.makeWorkspace();
  });

  const clearText = {
    user_alias: 'work account',
    cookies: [{ name: 'sid', value: 'ç1\u0000', z: 1, a: { nested: [null, false, 0.1] } }],
    local_storage: { zebra: '1', apple: '2', '': null },
    session_storage: 'a bare text',
    persist_cookies: true,
    persist_local_storage: false,
    persist_session_storage: true,
    cookie_domain_to_store: '.github.com',
    allow_multiple_sessions: false,
    max_concurrency: 3,
    prevent_concurrency_during_login: true,
    expiry_time_from_last_use: '30 days',
    expiry_time_from_session_data_set: 'P1DT2H',
    proxy: { enable: true, target_ip: '198.51.100.4' },
    proxy_setting: 'custom',
    proxy_value: 'http://proxy:8080',
    proxy_string: 'http://user:pass@proxy:8080',
    headers: [{ name: 'X-Team', value: 'a' }],
    location: 'Berlin',
    user_agent: 'Mozilla/5.0 💻',
    ip_address: '203.0.113.9',
    user_id: 'u-1',
    session_id: 's-1',
    skip_csrf_cookies: false,
  };

  it('gives one that awaits mail an inbox of its own, at once or when its method changes', async () => {
    const mailed = await client.create({ domain: 'mailed.example', tfa_method: 'EMAIL' });
    expect(mailed['tfa_email']).toMatch(/^[a-z0-9]+@in\.example\.test$/);
    const later = await client.create({ domain: 'later.example' });
    expect(later['tfa_email']).toBeNull();
    const changed = await client.update({ domain: 'later.example', tfa_method: 'MAGIC_LINK' });
    expect(changed['tfa_email']).toMatch(/@in\.example\.test$/);
    expect(changed['tfa_email']).not.toBe(mailed['tfa_email']);
  });

  it('gives back every field as it came, the secret ones encrypted afresh', async () => {
    const sent = { user_name: encrypted('ada'), password: encrypted('pass\u0000word'), tfa_secret: encrypted(seed) };
    const created = await client.create({
      ...clearText,
      ...sent,
      domain: 'https://GitHub.com/login',
      tfa_method: 'AUTHENTICATOR',
    });
    const found = await client.find();

    expect(found).toMatchObject({ ...clearText, ...aPair, workspace_id: client.id, tfa_method: 'AUTHENTICATOR' });
    expect(JSON.stringify(found['local_storage'])).toBe(JSON.stringify(clearText.local_storage));
    expect(decrypted(found['user_name'])).toBe('ada');
    expect(decrypted(found['password'])).toBe('pass\u0000word');
    expect(decrypted(found['tfa_secret'])).toBe(seed);
    for (const [field, text] of Object.entries(sent)) expect(found[field]).not.toBe(text);
    expect(found).toMatchObject({ tfa_email: null, tfa_phone_number: null });
    expect(found['session_data_set_at']).not.toBeNull();
    const expiry =
      Date.parse(found['effective_expires_at'] as string) - Date.parse(found['session_data_set_at'] as string);
    expect(expiry).toBe(26 * 3_600_000);
    expect(Object.keys(created).sort()).toEqual(Object.keys(found).sort());
  });

  it('leaves what was not sent at null', async () => {
    const created = await client.create({});
    const { id, workspace_id, created_at, updated_at, permissioned_user_id, domain, ...rest } = created;
    expect([id, workspace_id, created_at, updated_at, permissioned_user_id, domain]).not.toContain(null);
    expect(new Set(Object.values(rest))).toEqual(new Set([null]));
  });

  it('never returns what came in plaintext', async () => {
    await client.create({ user_name: 'ada', password: 'hunter2', tfa_method: 'AUTHENTICATOR', tfa_secret: seed });
    const found = await client.find();
    expect(found).toMatchObject({ user_name: null, password: null, tfa_secret: null, tfa_method: 'AUTHENTICATOR' });
    expect(JSON.stringify(await client.list())).not.toMatch(/hunter2|JBSWY/);
    expect((await client.readTfaCode())['code']).toMatch(/^[0-9]{6}$/);
  });

  it('keeps every secret field as ciphertext', async () => {
    await client.create({ ...clearText, user_name: 'ada-lovelace', password: 'hunter2', tfa_secret: seed });
    const [row] = await vault.owner.prisma.$queryRaw<
      [{ row: string }]
    >`SELECT credential::text AS row FROM credential WHERE workspace_id = ${client.id}::uuid`;
    for (const text of [
      'ada-lovelace',
      'hunter2',
      'zebra',
      'bare text',
      'X-Team',
      'user:pass',
      'proxy:8080',
      'target_ip',
    ]) {
      expect(row.row).not.toContain(text);
      expect(row.row).not.toContain(Buffer.from(text).toString('hex'));
    }
  });

  it('takes a secret as a URI, and gives back its parameters', async () => {
    const uri =
      'otpauth://totp/ACME:ada@acme.test?secret=JBSWY3DPEHPK3PXP&issuer=ACME&algorithm=SHA256&digits=8&period=60';
    await client.create({ tfa_method: 'AUTHENTICATOR', tfa_secret: encrypted(uri) });
    expect(decrypted((await client.find())['tfa_secret'])).toBe(
      'otpauth://totp/ACME:ada%40acme.test?secret=JBSWY3DPEHPK3PXP&issuer=ACME&algorithm=SHA256&digits=8&period=60',
    );
    expect(await client.readTfaCode()).toMatchObject({
      type: 'authenticator',
      code: expect.stringMatching(/^[0-9]{8}$/),
    });
  });

  it('takes an encrypted null for nothing', async () => {
    await client.create({ user_name: encrypted(null), password: encrypted('x'), tfa_secret: encrypted(null) });
    expect(await client.find()).toMatchObject({ user_name: null, tfa_secret: null, tfa_method: null });
  });

  it('takes a secret without a method for an authenticator', async () => {
    expect(await client.create({ tfa_secret: seed })).toMatchObject({ tfa_method: 'AUTHENTICATOR' });
  });

  it('gives back a megabyte of browser state', async () => {
    const cookies = Array.from({ length: 4_000 }, (_, index) => ({ name: `c${index}`, value: 'v'.repeat(240) }));
    expect(JSON.stringify(cookies).length).toBeGreaterThan(1_000_000);
    await client.create({ cookies });
    expect((await client.find())['cookies']).toEqual(cookies);
  });

  it('refuses what no row can hold, naming the field', async () => {
    const refused: [string, Json][] = [
      ['domain', { domain: 'https://' }],
      ['permissioned_user_id', { permissioned_user_id: 'ad\u0000a' }],
      ['user_alias', { user_alias: 'a\u0000' }],
      ['user_agent', { user_agent: '\ud800' }],
      ['location', { location: '\u0000' }],
      ['password', { password: encryptForClient(generateClientEncryptionKey(), 'x') }],
      ['user_name', { user_name: encrypted({ a: 1 }) }],
      ['password', { password: encrypted(42) }],
      ['tfa_secret', { tfa_method: 'AUTHENTICATOR' }],
      ['tfa_secret', { tfa_method: 'AUTHENTICATOR', tfa_secret: '' }],
      ['tfa_secret', { tfa_method: 'AUTHENTICATOR', tfa_secret: 'no base32!' }],
      [
        'tfa_secret',
        { tfa_method: 'AUTHENTICATOR', tfa_secret: encrypted('otpauth://totp/a?secret=JBSWY3DPEHPK3PXP&digits=7') },
      ],
      ['tfa_secret', { tfa_method: 'EMAIL', tfa_secret: seed }],
    ];
    for (const [path, credential] of refused) {
      await expect(client.create(credential)).rejects.toMatchObject({ code: 'validation_failed', fields: [{ path }] });
    }
    expect((await client.list()).items).toEqual([]);
  });

  it.each([
    'soon',
    '',
    '30 parsecs',
    '-1 day',
    '2000 years',
    'infinity',
    '999999999999999 years',
    "1 day'; --",
    '1 day\u0000',
  ])('refuses %j as an interval, naming the field', async (text) => {
    for (const path of ['expiry_time_from_last_use', 'expiry_time_from_session_data_set']) {
      const attempt = client.create({ cookies: {}, [path]: text });
      await expect(attempt).rejects.toMatchObject({ code: 'validation_failed', fields: [{ path }] });
    }
  });

  it('exists once for a pair, however the domain is written and however many ask at once', async () => {
    const domains = [
      'github.com',
      'https://github.com/login',
      'www.GitHub.com',
      'github.com.',
      'github.com:443',
      'http://x@github.com',
    ];
    const outcomes = await Promise.allSettled(domains.map((domain) => client.create({ domain, tfa_secret: seed })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'already_exists' });
    }
    expect((await client.list()).items).toHaveLength(1);
    expect(await vault.owner.prisma.otpSecret.count({ where: { workspaceId: client.id } })).toBe(1);
  });

  it('is created once for an Idempotency-Key, and a repeat shows its present state', async () => {
    const idempotency = { key: 'k', route: 'POST /vault', body_hmac: 'a'.repeat(64) };
    const { id } = await client.create({ user_alias: 'first' }, idempotency);
    await client.update({ user_alias: 'second' });
    expect(await client.create({ user_alias: 'first' }, idempotency)).toMatchObject({ id, user_alias: 'second' });
    const other = client.create({ user_alias: 'other' }, { ...idempotency, body_hmac: 'b'.repeat(64) });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('is unknown to every other workspace', async () => {
    const { id } = await client.create({ user_name: 'ada', tfa_secret: seed });
    const stranger = await vault.makeWorkspace();
    const notFound = { code: 'not_found', message: 'credential not found' };
    await expect(stranger.find()).rejects.toMatchObject(notFound);
    await expect(stranger.readTfaCode()).rejects.toMatchObject(notFound);
    await expect(stranger.update({ id, user_alias: 'mine' })).rejects.toMatchObject(notFound);
    await expect(stranger.update({ user_alias: 'mine' })).rejects.toMatchObject(notFound);
    await expect(stranger.delete()).rejects.toMatchObject(notFound);
    await expect(stranger.clearBrowserState()).rejects.toMatchObject(notFound);
    expect((await stranger.list()).items).toEqual([]);
    expect(await stranger.create({ user_alias: 'mine' })).not.toMatchObject({ id });
    expect(await client.find()).toMatchObject({ id, user_alias: null });
  });

  it('does not open when its row is moved to another workspace', async () => {
    const { id } = await client.create({ user_name: encrypted('ada') });
    const thief = await vault.makeWorkspace();
    await thief.create({ user_name: encryptForClient(new Secret(thief.clientKey), 'eve') });
    await vault.owner.prisma.$executeRaw`
      UPDATE credential SET user_name = (SELECT user_name FROM credential WHERE id = ${id as string}::uuid)
      WHERE workspace_id = ${thief.id}::uuid`;
    await expect(thief.find()).rejects.toMatchObject({ name: 'EnvelopeError' });
  });

  it('leaves an audit entry with names of fields and no values', async () => {
    await client.create({ user_name: 'ada', password: 'hunter2', tfa_secret: seed });
    const entries = await vault.owner.prisma.auditEntry.findMany({
      where: { workspaceId: client.id, resourceType: 'credential' },
    });
    expect(entries).toMatchObject([
      {
        action: 'credential.created',
        actorId: 'key1',
        ip: '192.0.2.7',
        details: { fields: ['domain', 'password', 'permissioned_user_id', 'tfa_secret', 'user_name'] },
      },
    ]);
  });
});
