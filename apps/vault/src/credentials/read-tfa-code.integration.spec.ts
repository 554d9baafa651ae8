import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateTotp } from '@otpost/otp';
import { openVault, type OpenVault, type WorkspaceClient } from './testing/open-vault.js';

const noFreshCode = { code: 'no_fresh_code' };

describe('the code of a vault entry', () => {
  let vault: OpenVault;
  let client: WorkspaceClient;

  beforeAll(async () => {
    vault = await openVault();
  });
  afterAll(() => vault.close());
  beforeEach(async () => {
    client = await vault.makeWorkspace();
  });

  const reads = () =>
    vault.owner.prisma.auditEntry.findMany({
      where: { workspaceId: client.id, action: 'credential.code_read' },
      orderBy: { id: 'asc' },
    });

  it('of an authenticator is the one of this time step, and its read is in the audit', async () => {
    const { id } = await client.create({ tfa_secret: 'JBSWY3DPEHPK3PXP' });
    const secret = Buffer.from('48656c6c6f21deadbeef', 'hex');
    const expected = () =>
      generateTotp({ secret, algorithm: 'SHA1', digits: 6, periodSeconds: 30, atMs: Date.now() }).code;
    const before = expected();
    const read = await client.readTfaCode({ domain: 'github.com' });
    expect([before, expected()]).toContain(read['code']);
    expect(read).toMatchObject({ type: 'authenticator', expires_in_seconds: expect.any(Number) });
    expect(await reads()).toMatchObject([
      { actorId: 'key1', resourceType: 'credential', resourceId: id, ip: '192.0.2.7' },
    ]);
  });

  it('counts as a use of the entry, from which its expiry runs', async () => {
    await client.create({ tfa_secret: 'JBSWY3DPEHPK3PXP', expiry_time_from_last_use: '1 day' });
    const before = Date.now();
    await client.readTfaCode({ domain: 'github.com' });
    await vault.uses.flush();
    const { effective_expires_at } = await client.find({ domain: 'github.com' });
    expect(Date.parse(effective_expires_at as string)).toBeGreaterThanOrEqual(before + 86_400_000);
  });

  it('is refused with the reason where there is none to read', async () => {
    await client.create({});
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_second_factor' });
    await client.update({ tfa_method: 'MAGIC_LINK' });
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'factor_not_readable' });
    await client.update({ tfa_method: 'EMAIL' });
    await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
    await client.update({
      tfa_method: 'AUTHENTICATOR',
      tfa_secret: 'otpauth://hotp/a?secret=JBSWY3DPEHPK3PXP&counter=3',
    });
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'hotp_needs_post' });
    expect(await vault.owner.prisma.otpSecret.findMany({ where: { workspaceId: client.id } })).toMatchObject([
      { counter: 3n },
    ]);
    await expect(client.readTfaCode({ permissioned_user_id: 'nobody' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await reads()).toEqual([]);
  });

  it('fails for a name with NUL alone, not for those read in the same batch', async () => {
    await client.create({ tfa_secret: 'JBSWY3DPEHPK3PXP' });
    const names = ['ada', 'a\u0000', 'ada', 'nobody'];
    const outcomes = await Promise.allSettled(
      names.map((permissioned_user_id) => client.readTfaCode({ permissioned_user_id })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({
      reason: { code: 'validation_failed', fields: [{ path: 'permissioned_user_id' }] },
    });
    expect(outcomes[3]).toMatchObject({ reason: { code: 'not_found' } });
  });
});
