import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encryptForClient, Secret } from '@otpost/envelope';
import { openVault, type OpenVault, type WorkspaceClient } from './testing/open-vault.js';

const seed = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const otherSeed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const hotpUri = 'otpauth://hotp/ada?secret=JBSWY3DPEHPK3PXP&counter=5';

describe('a change of the second factor of a vault entry', () => {
  let vault: OpenVault;
  let client: WorkspaceClient;
  const encrypted = (value: unknown) => encryptForClient(new Secret(client.clientKey), value);
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

  it('replaces the seed and its parameters', async () => {
    await client.create({ tfa_secret: seed });
    await client.update({ tfa_secret: encrypted(`otpauth://totp/x?secret=${otherSeed}&digits=8`) });
    expect(await otpSecrets()).toMatchObject([{ digits: 8, label: 'x' }]);
    expect(await client.readTfaCode()).toMatchObject({ code: expect.stringMatching(/^[0-9]{8}$/) });
    expect(await audited()).toEqual([['credential.updated', ['tfa_secret']]]);
  });

  it.each(['EMAIL', 'SMS', 'MAGIC_LINK', null])('to %s deletes the seed', async (tfa_method) => {
    await client.create({ tfa_secret: encrypted(seed) });
    expect(await client.update({ tfa_method })).toMatchObject({ tfa_method, tfa_secret: null });
    expect(await otpSecrets()).toEqual([]);
    expect(await storedRow()).toMatchObject({ clientEncrypted: [] });
    expect(await audited()).toEqual([['credential.updated', ['tfa_method', 'tfa_secret']]]);
  });

  it('deletes the seed also when the client puts it back beside the new method', async () => {
    await client.create({ tfa_secret: encrypted(seed) });
    const { tfa_secret } = await client.find();
    await client.update({ tfa_secret, tfa_method: null });
    expect(await otpSecrets()).toEqual([]);
  });

  it('refuses to leave an authenticator without a secret', async () => {
    await client.create({ tfa_secret: encrypted(seed) });
    const refusal = { code: 'validation_failed', fields: [{ path: 'tfa_secret' }] };
    await expect(client.update({ tfa_secret: null })).rejects.toMatchObject(refusal);
    await expect(client.update({ tfa_method: 'AUTHENTICATOR', tfa_secret: encrypted(null) })).rejects.toMatchObject(
      refusal,
    );
    expect(await otpSecrets()).toHaveLength(1);
  });

  it('makes an entry without one an authenticator by its secret alone', async () => {
    await client.create({});
    expect(await client.update({ tfa_secret: seed, tfa_method: null })).toMatchObject({
      tfa_method: 'AUTHENTICATOR',
    });
  });

  it('never turns a HOTP counter back', async () => {
    await client.create({ tfa_method: 'AUTHENTICATOR', tfa_secret: encrypted(hotpUri) });
    const { tfa_secret } = await client.find();
    await vault.owner.prisma.otpSecret.updateMany({ where: { workspaceId: client.id }, data: { counter: 9n } });
    await client.update({ tfa_secret, user_alias: 'put back' });
    expect(await otpSecrets()).toMatchObject([{ counter: 9n }]);
    await client.update({ tfa_secret: hotpUri.replace('counter=5', 'counter=12') });
    expect(await otpSecrets()).toMatchObject([{ counter: 12n }]);
  });
});
