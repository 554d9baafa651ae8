import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Prisma } from '@otpost/database';
import { seal } from '@otpost/envelope';
import { receivedCodePlace } from './read-received-code.js';
import { openVault, type Json, type OpenVault, type WorkspaceClient } from './testing/open-vault.js';

const noFreshCode = { code: 'no_fresh_code' };

describe('the code of a vault entry that came from outside', () => {
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

  /** Deposits a code as the vault does, so many seconds ago. */
  async function receive(
    entry: Json,
    code: string,
    given: Partial<Prisma.ReceivedCodeUncheckedCreateInput> & { secondsAgo?: number } = {},
  ) {
    const { secondsAgo = 1, ...rest } = given;
    const id = uuidv7();
    const workspaceId = client.id;
    const receivedAt = new Date(Date.now() - secondsAgo * 1_000);
    const freshUntil = new Date(receivedAt.getTime() + 600_000);
    await vault.database.withWorkspace(workspaceId, (tx) =>
      vault.dataKeys.useActive(tx, workspaceId, (key) =>
        tx.receivedCode.create({
          data: {
            id,
            workspaceId,
            credentialId: entry['id'] as string,
            channel: 'email',
            kind: 'code',
            value: seal(key, code, receivedCodePlace(workspaceId, id)),
            dataKeyId: key.id,
            receivedAt,
            freshUntil,
            wipeDueAt: freshUntil,
            ...rest,
          },
        }),
      ),
    );
    return id;
  }

  const receivedCode = (id: string) => vault.owner.prisma.receivedCode.findUniqueOrThrow({ where: { id } });

  async function letSecondsPass(id: string, seconds: number) {
    const { firstReadAt } = await receivedCode(id);
    const earlier = new Date((firstReadAt?.getTime() ?? 0) - seconds * 1_000);
    await vault.owner.prisma.receivedCode.update({ where: { id }, data: { firstReadAt: earlier } });
  }

  async function giveNumber(entry: Json | null, number: Partial<Prisma.PhoneNumberUncheckedCreateInput>) {
    const credentialId = entry === null ? null : (entry['id'] as string);
    const e164 = `+1555${Date.now() % 10_000_000}`;
    const data = {
      id: uuidv7(),
      workspaceId: client.id,
      e164,
      provider: 'twilio',
      mode: 'dedicated' as const,
      credentialId,
      ...number,
    };
    await vault.owner.prisma.phoneNumber.create({ data });
    return e164;
  }

  describe('by e-mail', () => {
    let entry: Json;
    beforeEach(async () => {
      entry = await client.create({ tfa_method: 'EMAIL' });
    });

    it('is handed to one key, and repeated to it alone for a minute', async () => {
      const id = await receive(entry, '123456');
      const { receivedAt } = await receivedCode(id);
      const first = await client.readTfaCode();
      expect(first).toEqual({ type: 'email', code: '123456', received_at: receivedAt.toISOString() });
      await expect(client.as('key2').readTfaCode()).rejects.toMatchObject(noFreshCode);
      await letSecondsPass(id, 58);
      expect(await client.readTfaCode()).toEqual(first);
      await letSecondsPass(id, 3);
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
      await expect(client.as('key2').readTfaCode()).rejects.toMatchObject(noFreshCode);
    });

    it('goes to one of two keys that read twenty times at once', async () => {
      const id = await receive(entry, '123456');
      const readers = Array.from({ length: 20 }, (_, index) => client.as(`key${index % 2}`).readTfaCode());
      const outcomes = await Promise.allSettled(readers);
      const served = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index % 2] : []));
      expect(served).toHaveLength(10);
      expect(new Set(served).size).toBe(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(noFreshCode);
      expect((await receivedCode(id)).readByKeyId).toBe(`key${served[0]}`);
    });

    it('is due to be wiped a minute after its first read, however often it is repeated, and never after its window', async () => {
      const id = await receive(entry, '123456');
      await client.readTfaCode();
      const first = await receivedCode(id);
      expect(first.wipeDueAt.getTime() - (first.firstReadAt?.getTime() ?? 0)).toBe(60_000);
      await client.readTfaCode();
      expect(await receivedCode(id)).toMatchObject({ wipeDueAt: first.wipeDueAt, firstReadAt: first.firstReadAt });

      const end = new Date(Date.now() + 9_000);
      const soonStale = await receive(entry, '222222', { secondsAgo: 0, freshUntil: end, wipeDueAt: end });
      await client.readTfaCode();
      expect((await receivedCode(soonStale)).wipeDueAt).toEqual(end);
    });

    it('is gone at the end of its window, also for the key that read it', async () => {
      const id = await receive(entry, '123456');
      await client.readTfaCode();
      await vault.owner.prisma.receivedCode.update({
        where: { id },
        data: { freshUntil: new Date(Date.now() - 1_000) },
      });
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
    });

    it('is the newest one, and no older one takes its place', async () => {
      await receive(entry, '111111', { secondsAgo: 30 });
      const newer = await receive(entry, '222222', { secondsAgo: 20 });
      expect(await client.readTfaCode()).toMatchObject({ code: '222222' });
      await letSecondsPass(newer, 61);
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
      await vault.owner.prisma.receivedCode.update({
        where: { id: newer },
        data: { value: null, wipedAt: new Date() },
      });
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
      await receive(entry, '333333');
      expect(await client.readTfaCode()).toMatchObject({ code: '333333' });
    });

    it('is never what a challenge claimed, a link, an SMS or another entry’s', async () => {
      const other = await client.create({ permissioned_user_id: 'eve', tfa_method: 'EMAIL' });
      await receive(entry, '111111', { challengeId: uuidv7(), claimedAt: new Date() });
      await receive(entry, 'https://login.test/?t=1', { kind: 'link' });
      await receive(entry, '222222', { channel: 'sms' });
      await receive(other, '333333');
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
      expect(await client.readTfaCode({ permissioned_user_id: 'eve' })).toMatchObject({ code: '333333' });
    });

    it('leaves an audit entry for every read, none for a refusal', async () => {
      const id = await receive(entry, '123456');
      await client.readTfaCode();
      await client.readTfaCode();
      await client
        .as('key2')
        .readTfaCode()
        .catch(() => undefined);
      const expected = {
        actorId: 'key1',
        resourceId: entry['id'],
        details: { channel: 'email', received_code_id: id },
      };
      expect(await reads()).toMatchObject([expected, expected]);
      expect(
        JSON.stringify(await reads(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ).not.toContain('123456');
    });
  });

  describe('by SMS', () => {
    let entry: Json;
    beforeEach(async () => {
      entry = await client.create({ tfa_method: 'SMS' });
    });

    it('is read where the number is the entry’s own', async () => {
      const e164 = await giveNumber(entry, {});
      expect(await client.find()).toMatchObject({ tfa_phone_number: e164 });
      await expect(client.readTfaCode()).rejects.toMatchObject(noFreshCode);
      await receive(entry, '111111', { channel: 'email' });
      await receive(entry, '654321', { channel: 'sms' });
      expect(await client.readTfaCode()).toMatchObject({ type: 'sms', code: '654321' });
      await expect(client.as('key2').readTfaCode()).rejects.toMatchObject(noFreshCode);
    });

    it('is refused with the reason where the number is shared, not approved yet, or none', async () => {
      await receive(entry, '654321', { channel: 'sms' });
      const reason = async () =>
        client.readTfaCode().catch((error: { code: string; message: string }) => [error.code, error.message]);
      expect(await reason()).toEqual(['factor_not_readable', expect.stringContaining('no phone number')]);
      await giveNumber(null, { mode: 'shared' });
      expect(await reason()).toEqual(['factor_not_readable', expect.stringContaining('shared')]);
      await giveNumber(entry, { status: 'pending_approval' });
      expect(await reason()).toEqual(['factor_not_readable', expect.stringContaining('approval')]);
      expect(await reads()).toEqual([]);
    });
  });
});
