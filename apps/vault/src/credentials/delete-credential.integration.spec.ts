import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { openVault, type OpenVault } from './testing/open-vault.js';

describe('deleting a vault entry', () => {
  let vault: OpenVault;
  beforeAll(async () => {
    vault = await openVault();
  });
  afterAll(() => vault.close());

  it('takes all that belongs to it along, and frees its phone number', async () => {
    const client = await vault.makeWorkspace();
    const { id } = await client.create({ tfa_secret: 'JBSWY3DPEHPK3PXP', password: 'x', cookies: [1] });
    const kept = await client.create({ permissioned_user_id: 'eve', tfa_secret: 'JBSWY3DPEHPK3PXP' });
    const workspaceId = client.id;
    const credentialId = id as string;
    const inboxId = uuidv7();
    const { prisma } = vault.owner;
    await prisma.inbox.create({ data: { id: inboxId, workspaceId, credentialId } });
    await prisma.inboxAddress.create({ data: { localPart: 'k3x9', workspaceId, inboxId } });
    await prisma.inboxAddress.create({
      data: { localPart: 'old1', workspaceId, inboxId, validUntil: new Date(Date.now() + 60_000) },
    });
    const number = {
      id: uuidv7(),
      workspaceId,
      credentialId,
      e164: '+15550001',
      provider: 'twilio',
      mode: 'dedicated' as const,
    };
    await prisma.phoneNumber.create({ data: number });
    const { dataKeyId } = await prisma.credential.findUniqueOrThrow({ where: { id: credentialId } });
    const now = new Date();
    const code = {
      id: uuidv7(),
      channel: 'email' as const,
      kind: 'code' as const,
      value: new Uint8Array(1),
      dataKeyId,
    };
    await prisma.receivedCode.create({
      data: { ...code, workspaceId, credentialId, receivedAt: now, freshUntil: now, wipeDueAt: now },
    });
    expect(await client.find()).toMatchObject({ tfa_email: 'k3x9@in.example.test', tfa_phone_number: '+15550001' });

    expect(await client.delete({ domain: 'https://www.github.com' })).toEqual({});

    await expect(client.find()).rejects.toMatchObject({ code: 'not_found' });
    const where = { workspaceId };
    expect((await prisma.credential.findMany({ where })).map((row) => row.id)).toEqual([kept['id']]);
    expect((await prisma.otpSecret.findMany({ where })).map((row) => row.credentialId)).toEqual([kept['id']]);
    expect(await prisma.inbox.count({ where })).toBe(0);
    expect(await prisma.inboxAddress.count({ where })).toBe(0);
    expect(await prisma.receivedCode.count({ where })).toBe(0);
    expect(await prisma.phoneNumber.findMany({ where })).toMatchObject([
      { e164: '+15550001', credentialId: null, mode: 'dedicated' },
    ]);
    const deletions = await prisma.auditEntry.findMany({ where: { ...where, action: 'credential.deleted' } });
    expect(deletions).toMatchObject([{ resourceId: id, actorId: 'key1' }]);
  });

  it('succeeds for one of many who ask at once', async () => {
    const client = await vault.makeWorkspace();
    await client.create({ tfa_secret: 'JBSWY3DPEHPK3PXP' });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => client.delete()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'not_found' });
    expect(await client.create({})).toMatchObject({ tfa_method: null });
  });
});

describe('the list of vault entries', () => {
  let vault: OpenVault;
  beforeAll(async () => {
    vault = await openVault();
  });
  afterAll(() => vault.close());

  it('comes in pages by id, each entry once', async () => {
    const client = await vault.makeWorkspace();
    const ids: unknown[] = [];
    for (const user of ['a', 'b', 'c', 'd', 'e'])
      ids.push((await client.create({ permissioned_user_id: user, headers: [user] }))['id']);
    const seen: unknown[] = [];
    const lengths: number[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof client.list>> = await client.list({ limit: 2, cursor });
      seen.push(...page.items.map((item) => item['id']));
      lengths.push(page.items.length);
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(ids);
    expect(lengths).toEqual([2, 2, 1]);
  });

  it('ends a page early rather than let it grow past four megabytes', async () => {
    const client = await vault.makeWorkspace();
    const cookies = 'c'.repeat(1_500_000);
    for (const user of ['a', 'b', 'c']) await client.create({ permissioned_user_id: user, cookies });
    const first = await client.list({ limit: 200 });
    expect(first.items).toHaveLength(2);
    const rest = await client.list({ limit: 200, cursor: first.next_cursor });
    expect(rest.items.map((item) => item['permissioned_user_id'])).toEqual(['c']);
    expect(rest.next_cursor).toBeNull();
  });
});
