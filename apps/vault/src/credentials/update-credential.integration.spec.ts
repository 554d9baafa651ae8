import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { describeSealed, encryptForClient, readFromClient, Secret } from '@otpost/envelope';
import { sealedFields, columnOf } from './credential-fields.js';
import { openVault, type Json, type OpenVault, type WorkspaceClient } from './testing/open-vault.js';

const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describe('a change of a vault entry', () => {
  let vault: OpenVault;
  let client: WorkspaceClient;
  const encrypted = (value: unknown) => encryptForClient(new Secret(client.clientKey), value);
  const decrypted = (text: unknown) => readFromClient(new Secret(client.clientKey), text as string).value.reveal();
  const storedRow = () => vault.owner.prisma.credential.findFirstOrThrow({ where: { workspaceId: client.id } });
  const otpSecrets = () => vault.owner.prisma.otpSecret.findMany({ where: { workspaceId: client.id } });
  const audited = async () => {
    const where = {
      workspaceId: client.id,
      action: { in: ['credential.updated', 'credential.browser_state_cleared'] },
    };
    const entries = await vault.owner.prisma.auditEntry.findMany({ where, orderBy: { id: 'asc' } });
    return entries.map(({ action, details }) => [action, (details as { fields: string[] }).fields]);
  };

  beforeAll(async () => {
    vault = await openVault();
  });
  afterAll(() => vault.close());
  beforeEach(async () => {
    client = await vault.makeWorkspace();
  });

  it('touches only the fields sent, and clears those sent as null', async () => {
    const before = await client.create({
      user_alias: 'a',
      location: 'Berlin',
      headers: { a: 1 },
      proxy_value: 'p',
      password: encrypted('x'),
    });
    const after = await client.update({ user_alias: 'b', headers: null });
    expect(after).toMatchObject({ user_alias: 'b', location: 'Berlin', headers: null, proxy_value: 'p' });
    expect(decrypted(after['password'])).toBe('x');
    expect(Date.parse(after['updated_at'] as string)).toBeGreaterThan(Date.parse(before['updated_at'] as string));
    expect(await audited()).toEqual([['credential.updated', ['headers', 'user_alias']]]);
  });

  it('is none when everything is put back as it was read', async () => {
    const secrets = { user_name: encrypted('ada'), password: 'hunter2', tfa_secret: seed };
    await client.create({
      ...secrets,
      tfa_method: 'AUTHENTICATOR',
      location: 'Berlin',
      headers: [1],
      proxy: { enable: false },
    });
    const {
      id,
      workspace_id,
      created_at,
      updated_at,
      tfa_email,
      tfa_phone_number,
      session_data_set_at,
      effective_expires_at,
      ...read
    } = await client.find();
    expect([
      workspace_id,
      created_at,
      tfa_email,
      tfa_phone_number,
      session_data_set_at,
      effective_expires_at,
    ]).toHaveLength(6);
    const [password, code] = [(await storedRow()).password, await client.readTfaCode()];

    expect(await client.update({ ...read, id })).toMatchObject({ updated_at });
    expect((await storedRow()).password).toEqual(password);
    expect((await client.readTfaCode())['type']).toBe(code['type']);
    expect(await audited()).toEqual([]);
  });

  it('takes a null in a masked field for no statement, also an encrypted one', async () => {
    await client.create({ user_name: 'ada', password: 'hunter2', tfa_secret: seed });
    const before = await storedRow();
    await client.update({
      user_name: null,
      password: encrypted(null),
      tfa_secret: encrypted(null),
      tfa_method: 'AUTHENTICATOR',
    });
    expect(await storedRow()).toEqual(before);
    expect(await otpSecrets()).toHaveLength(1);
    await client.update({ password: '' });
    expect((await storedRow()).password).not.toEqual(before.password);
  });

  it('removes a client-encrypted field by null', async () => {
    await client.create({ user_name: encrypted('ada'), password: encrypted('hunter2') });
    expect(await client.update({ user_name: null, password: encrypted(null) })).toMatchObject({
      user_name: null,
      password: null,
    });
    expect(await storedRow()).toMatchObject({ userName: null, password: null, clientEncrypted: [] });
    expect(await audited()).toEqual([['credential.updated', ['password', 'user_name']]]);
  });

  it('follows the latest sending in whether a field is given back', async () => {
    await client.create({ password: 'hunter2', user_name: encrypted('ada') });
    const after = await client.update({ password: encrypted('hunter2'), user_name: 'ada' });
    expect(decrypted(after['password'])).toBe('hunter2');
    expect(after['user_name']).toBeNull();
  });

  it('loses nothing when many arrive at once', async () => {
    await client.create({});
    const plain = ['user_alias', 'location', 'user_agent', 'user_id', 'proxy_value', 'proxy_string'];
    const secret = ['password', 'user_name', 'tfa_secret'];
    await Promise.all([
      ...plain.map((field) => client.update({ [field]: `${field}!` })),
      ...secret.map((field) => client.update({ [field]: encrypted(seed) })),
    ]);
    const view = await client.find();
    for (const field of plain) expect(view[field]).toBe(`${field}!`);
    for (const field of secret) expect(decrypted(view[field])).toBe(seed);
    expect(await audited()).toHaveLength(plain.length + secret.length);
  });

  it('names the entry by id and moves it to another pair, unless that is taken', async () => {
    const { id } = await client.create({ password: encrypted('x') });
    await client.create({ permissioned_user_id: 'eve' });
    const moved = await client.update({ id, domain: 'https://www.GitLab.com/x', permissioned_user_id: 'ada2' });
    expect(moved).toMatchObject({ id, domain: 'gitlab.com', permissioned_user_id: 'ada2' });
    expect(decrypted(moved['password'])).toBe('x');
    await expect(client.find()).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.update({ id, domain: 'github.com', permissioned_user_id: 'eve' })).rejects.toMatchObject({
      code: 'already_exists',
    });
    expect(await audited()).toEqual([['credential.updated', ['domain', 'permissioned_user_id']]]);
  });

  it('is refused whole when one field is wrong', async () => {
    await client.create({ user_alias: 'a' });
    const refused: [string, Json][] = [
      ['expiry_time_from_last_use', { expiry_time_from_last_use: 'soon' }],
      ['location', { location: '\u0000' }],
      ['tfa_secret', { tfa_method: 'AUTHENTICATOR' }],
      ['tfa_secret', { tfa_method: 'SMS', tfa_secret: seed }],
      ['domain', { id: uuidv7(), domain: '' }],
    ];
    for (const [path, change] of refused.slice(0, 4)) {
      const attempt = client.update({ user_alias: 'b', ...change });
      await expect(attempt).rejects.toMatchObject({ code: 'validation_failed', fields: [{ path }] });
    }
    expect(await client.find()).toMatchObject({ user_alias: 'a' });
    await expect(client.update({ id: uuidv7(), user_alias: 'b' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.update({ domain: 'unknown.test' })).rejects.toMatchObject({ code: 'not_found' });
  });

  describe('of its browser state', () => {
    it('sets session_data_set_at, and the expiry that counts from it', async () => {
      const created = await client.create({ expiry_time_from_session_data_set: '1 hour' });
      expect(created).toMatchObject({ session_data_set_at: null, effective_expires_at: null });
      const first = await client.update({ session_storage: { a: 1 } });
      const [setAt, expiresAt] = [first['session_data_set_at'] as string, first['effective_expires_at'] as string];
      expect(Date.parse(expiresAt) - Date.parse(setAt)).toBe(3_600_000);
      expect(await client.update({ user_alias: 'x' })).toMatchObject({ session_data_set_at: setAt });
      const again = await client.update({ session_storage: { a: 1 } });
      expect(Date.parse(again['session_data_set_at'] as string)).toBeGreaterThan(Date.parse(setAt));
      expect(await client.update({ session_storage: null })).toMatchObject({
        session_data_set_at: null,
        effective_expires_at: null,
      });
    });

    it('clears it, and nothing else', async () => {
      await client.create({
        cookies: [1],
        local_storage: 'a',
        session_storage: {},
        headers: [2],
        password: encrypted('x'),
      });
      expect(await client.clearBrowserState()).toEqual({});
      const view = await client.find();
      expect(view).toMatchObject({
        cookies: null,
        local_storage: null,
        session_storage: null,
        session_data_set_at: null,
        headers: [2],
      });
      expect(decrypted(view['password'])).toBe('x');
      await client.clearBrowserState({ domain: 'https://github.com/' });
      expect(await audited()).toEqual([
        ['credential.browser_state_cleared', ['cookies', 'local_storage', 'session_storage']],
      ]);
      await expect(client.clearBrowserState({ domain: 'unknown.test' })).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  it('moves all sealed columns along when the key they were under is retired', async () => {
    await client.create({ password: encrypted('x'), cookies: [1], proxy: { a: 1 } });
    let newKeyId = '';
    await vault.owner.asSystem(async (tx) => {
      await tx.dataKey.updateMany({
        where: { workspaceId: client.id },
        data: { state: 'retiring', retiredAt: new Date() },
      });
      newKeyId = await vault.dataKeys.create(tx, client.id, 2);
    });
    vault.dataKeys.settled(newKeyId);

    await client.update({ user_alias: 'no sealed field' });
    expect((await storedRow()).dataKeyId).not.toBe(newKeyId);
    await client.update({ cookies: [2] });
    const row = await storedRow();
    expect(row.dataKeyId).toBe(newKeyId);
    for (const field of sealedFields) {
      const sealed = row[columnOf(field)];
      if (sealed !== null) expect(describeSealed(sealed).keyId).toBe(newKeyId);
    }
    const view = await client.find();
    expect(view).toMatchObject({ cookies: [2], proxy: { a: 1 } });
    expect(decrypted(view['password'])).toBe('x');
  });
});
