import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@otpost/platform';
import { v7 as uuidv7 } from 'uuid';
import { openVault, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { PurgeMessages } from '../messages/purge-messages.js';
import { PostOffice } from './testing/post-office.js';

describe('copies of a deposited message', () => {
  let vault: OpenVault;
  let post: PostOffice;
  let client: WorkspaceClient;
  let credentialId: string;

  beforeAll(async () => {
    vault = await openVault();
    post = new PostOffice(vault);
  });
  afterAll(async () => {
    await post.close();
    await vault.close();
  });
  beforeEach(async () => {
    client = await vault.makeWorkspace();
    credentialId = (await client.create({ tfa_method: 'EMAIL' }))['id'] as string;
  });

  async function rule(fields: Record<string, unknown> = {}): Promise<string> {
    const id = uuidv7();
    const destination = `${id}@example.com`;
    await vault.owner.prisma.forwardingRule.create({
      data: { id, workspaceId: client.id, kind: 'email', destination, confirmedAt: new Date(), ...fields },
    });
    return id;
  }

  const jobsOf = (inboundMessageId: string) =>
    vault.owner.prisma.forwardingJob.findMany({ where: { inboundMessageId }, orderBy: { id: 'asc' } });
  const rulesOf = async (messageId: string) => (await jobsOf(messageId)).map(({ ruleId }) => ruleId).sort();

  it('are queued with it for each rule that is about it, confirmed and on', async () => {
    const other = (await client.create({ domain: 'other.example', tfa_method: 'EMAIL' }))['id'] as string;
    const mine = await rule({ credentialId, channel: 'email' });
    const all = await rule();
    await rule({ credentialId: other });
    await rule({ channel: 'sms' });
    await rule({ confirmedAt: null });
    await rule({ enabled: false });
    const before = Date.now();
    const id = await post.deposit(client, credentialId);
    expect(await rulesOf(id)).toEqual([mine, all].sort());
    const [job] = await jobsOf(id);
    expect(job).toMatchObject({ state: 'pending', purpose: 'copy', attemptCount: 0, leasedUntil: null });
    // Version 7, of now.
    expect(job?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const madeAt = parseInt(job?.id.replace('-', '').slice(0, 12) ?? '', 16);
    expect(Math.abs(madeAt - before)).toBeLessThan(60_000);
  });

  it('are one for each destination, whatever number of rules names it', async () => {
    const destination = 'twice@example.com';
    await rule({ destination });
    const own = await rule({ destination, credentialId });
    expect(await rulesOf(await post.deposit(client, credentialId))).toEqual([own]);
  });

  it('are queued for what nobody could be named for, and for messages without a code, but not for what was refused', async () => {
    const all = await rule();
    expect(await rulesOf(await post.deposit(client, null))).toEqual([all]);
    const none = { extraction: { code: null, reason: 'nothing' } };
    expect(await rulesOf(await post.deposit(client, credentialId, none))).toEqual([all]);
    const row = { state: 'refused' as const, stateReason: 'sender_not_allowed' };
    expect(await rulesOf(await post.deposit(client, credentialId, { row }))).toEqual([]);
  });

  it("are nobody's but the workspace's", async () => {
    await rule();
    const elsewhere = await vault.makeWorkspace();
    expect(await rulesOf(await post.deposit(elsewhere, null))).toEqual([]);
  });

  it('hold the content of a workspace that keeps none, until they are sent or a day is over', async () => {
    await rule();
    await post.settings(client, { message_retention_hours: 0 });
    const logger = createLogger({ service: 'vault', replica: 'spec', level: 'silent' });
    const purger = new PurgeMessages(vault.owner, logger);
    const sent = await post.deposit(client, credentialId);
    const stuck = await post.deposit(client, credentialId);
    await purger.sweep();
    expect((await post.message(sent)).content).not.toBeNull();
    await vault.owner.prisma.forwardingJob.updateMany({
      where: { inboundMessageId: sent },
      data: { state: 'sent', nextAttemptAt: null },
    });
    await vault.owner.prisma.forwardingJob.updateMany({
      where: { inboundMessageId: stuck },
      data: { createdAt: new Date(Date.now() - 25 * 3_600_000) },
    });
    await purger.sweep();
    for (const id of [sent, stuck]) {
      const row = await post.message(id);
      expect(row).toMatchObject({ content: null, extraction: null, dataKeyId: null });
      expect(row.purgedAt).not.toBeNull();
    }
  });

  it('end with their credential', async () => {
    const id = await rule({ credentialId });
    await post.deposit(client, credentialId);
    await client.delete();
    expect(await vault.owner.prisma.forwardingRule.count({ where: { id } })).toBe(0);
    expect(await vault.owner.prisma.forwardingJob.count({ where: { ruleId: id } })).toBe(0);
  });
});
