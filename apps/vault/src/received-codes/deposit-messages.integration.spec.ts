import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inboundMessagePlace } from '@otpost/contracts';
import { describeSealed, open } from '@otpost/envelope';
import { openVault, type Json, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { DataKeyRotation } from '../keys/data-key-rotation.js';
import { caller, PostOffice } from './testing/post-office.js';

describe('a deposit', () => {
  let vault: OpenVault;
  let post: PostOffice;
  let client: WorkspaceClient;
  let entry: Json;
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
    entry = await client.create({ tfa_method: 'EMAIL' });
    credentialId = entry['id'] as string;
    post.told.length = 0;
  });

  it('makes the code readable, and tells of it without the code', async () => {
    const id = await post.deposit(client, credentialId);
    expect(await client.readTfaCode()).toMatchObject({ type: 'email', code: '123456' });
    const [code] = await post.codesOf(client);
    expect(await post.message(id)).toMatchObject({ state: 'deposited', stateReason: null });
    const [event] = await vault.owner.prisma.event.findMany({ where: { workspaceId: client.id } });
    expect(event?.type).toBe('code.received');
    expect(event?.payload).toEqual({
      credential_id: credentialId,
      received_code_id: code?.id,
      channel: 'email',
      kind: 'code',
      received_at: code?.receivedAt.toISOString(),
    });
    expect(post.told).toEqual([
      `emit {"workspace_id":"${client.id}","credential_id":"${credentialId}"}`,
      `add dispatcher.fan-out-events {"workspace_id":"${client.id}"}`,
    ]);
    expect(await post.audited(client, 'inbound_message.deposited')).toHaveLength(1);
  });

  it("puts the message under the workspace's key, in the same row", async () => {
    const id = await post.deposit(client, credentialId, { text: 'Your code is 123456. Bye' });
    const row = await post.message(id);
    expect(describeSealed(row.content as Uint8Array)).toMatchObject({ algorithm: 'aes-256-gcm', keyId: row.dataKeyId });
    const text = await vault.dataKeys.use(client.id, row.dataKeyId ?? '', (key) =>
      open(key, row.content as Uint8Array, inboundMessagePlace(client.id, id, 'content'))
        .reveal()
        .toString(),
    );
    expect(JSON.parse(text)).toMatchObject({ text: 'Your code is 123456. Bye' });
  });

  it('happens once, however often and by however many the job is handled', async () => {
    const job = await post.store(client, credentialId);
    await Promise.all(Array.from({ length: 20 }, () => post.deposits.deposit(job)));
    await post.deposits.deposit(job);
    expect(await post.codesOf(client)).toHaveLength(1);
    expect(await vault.owner.prisma.event.count({ where: { workspaceId: client.id } })).toBe(1);
    expect(await post.audited(client, 'inbound_message.deposited')).toHaveLength(1);
    expect(post.told).toHaveLength(2);
  });

  it('opens what was sealed to a key pair that was rotated since', async () => {
    const job = await post.store(client, credentialId);
    await post.keyPairs.rotate(caller);
    await post.deposits.deposit(job);
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
    await post.deposit(client, credentialId, { extraction: { code: '654321' }, secondsAgo: 0 });
    expect(await client.readTfaCode()).toMatchObject({ code: '654321' });
  });

  it('begins anew when the data key is rotated while it seals', async () => {
    const rotation = new DataKeyRotation(vault.owner, vault.dataKeys);
    const job = await post.store(client, credentialId);
    let rotated = false;
    const use = vault.dataKeys.use.bind(vault.dataKeys);
    const rotatingOnce: typeof use = async (workspaceId, keyId, work) => {
      const result = await use(workspaceId, keyId, work);
      if (!rotated) {
        rotated = true;
        await rotation.begin(caller, client.id);
      }
      return result;
    };
    vault.dataKeys.use = rotatingOnce;
    try {
      await post.deposits.deposit(job);
    } finally {
      vault.dataKeys.use = use;
    }
    const active = await vault.owner.prisma.dataKey.findFirstOrThrow({
      where: { workspaceId: client.id, state: 'active' },
    });
    expect(active.version).toBe(2);
    expect((await post.message(job.inbound_message_id)).dataKeyId).toBe(active.id);
    expect(await post.codesOf(client)).toMatchObject([{ dataKeyId: active.id }]);
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
  });

  it('refuses what will never open, and does not come back to it', async () => {
    const garbage = new Uint8Array(Buffer.alloc(300, 7));
    const moved = await post.message(await post.deposit(client, credentialId));
    const hpke = await post.message((await post.store(client, credentialId)).inbound_message_id);
    for (const content of [garbage, new Uint8Array(), moved.content, hpke.content, null]) {
      const job = await post.store(client, credentialId, { row: { content } });
      await post.deposits.deposit(job);
      const row = await post.message(job.inbound_message_id);
      expect(row).toMatchObject({ state: 'refused', stateReason: 'unreadable' });
      expect(row.processedAt).not.toBeNull();
    }
    expect(await post.codesOf(client)).toHaveLength(1);
  });

  it('refuses what is no message although it opens', async () => {
    const id = await post.deposit(client, credentialId, { extraction: { code: 5 as unknown as string } });
    expect(await post.message(id)).toMatchObject({ state: 'refused', stateReason: 'unreadable' });
  });

  it('waits where the key-encryption key is away, and nothing of the message changes', async () => {
    const job = await post.store(client, credentialId);
    const away = new PostOffice({
      ...vault,
      kek: Object.assign(Object.create(vault.kek) as typeof vault.kek, {
        unwrap: () => Promise.reject(new Error('away')),
      }),
    });
    await expect(away.deposits.deposit(job)).rejects.toThrow();
    expect(await post.message(job.inbound_message_id)).toMatchObject({ state: 'received', processedAt: null });
    await post.deposits.deposit(job);
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
    await away.close();
  });

  it('withholds what is ambiguous or for nobody, and says so in the audit', async () => {
    const candidates = ['111111', '222222'].map((value) => ({
      kind: 'code' as const,
      value,
      confidence: 0.5,
      reason: 'tie',
    }));
    const ambiguous = { code: null, ambiguous: true, candidates, reason: 'several' };
    const first = await post.deposit(client, credentialId, { extraction: ambiguous });
    const second = await post.deposit(client, null);
    expect(await post.message(first)).toMatchObject({ state: 'ambiguous', stateReason: 'several' });
    expect(await post.message(second)).toMatchObject({ state: 'ambiguous', stateReason: 'no_credential' });
    expect(await post.codesOf(client)).toEqual([]);
    const entries = await post.audited(client, 'inbound_message.ambiguous');
    expect(entries.map(({ details }) => details)).toEqual([{ reason: 'several' }, { reason: 'no_credential' }]);
    expect(JSON.stringify(entries)).not.toMatch(/111111|123456/);
  });

  it('leaves what the ingestor decided as it is, but under the key of the workspace', async () => {
    const row = { state: 'refused' as const, stateReason: 'sender_not_allowed' };
    const id = await post.deposit(client, credentialId, { row });
    const stored = await post.message(id);
    expect(stored).toMatchObject(row);
    expect(stored.dataKeyId).not.toBeNull();
    expect(await post.codesOf(client)).toEqual([]);
  });

  it('for a credential that is gone deposits nothing', async () => {
    const job = await post.store(client, credentialId);
    await client.delete();
    await post.deposits.deposit(job);
    expect(await post.message(job.inbound_message_id)).toMatchObject({
      state: 'refused',
      stateReason: 'credential_deleted',
    });
  });

  it('for a workspace that is gone is nothing to do', async () => {
    const job = await post.store(client, credentialId);
    await vault.owner.prisma.workspace.delete({ where: { id: client.id } });
    await post.deposits.deposit(job);
  });

  it('keeps no content where the workspace keeps none', async () => {
    await post.settings(client, { message_retention_hours: 0 });
    const row = await post.message(await post.deposit(client, credentialId));
    expect(row).toMatchObject({ content: null, extraction: null, dataKeyId: null, state: 'deposited' });
    expect(row.purgedAt).not.toBeNull();
    expect(await client.readTfaCode()).toMatchObject({ code: '123456' });
  });

  it('is fresh for as long as the workspace says, from when the message came', async () => {
    await post.settings(client, { code_freshness_seconds: 30 });
    await post.deposit(client, credentialId, { secondsAgo: 20 });
    const [code] = await post.codesOf(client);
    expect(code?.freshUntil.getTime()).toBe((code?.receivedAt.getTime() ?? 0) + 30_000);
    expect(code?.wipeDueAt).toEqual(code?.freshUntil);
  });

  it('of a code that nobody may read any more keeps no value and tells nobody', async () => {
    const id = await post.deposit(client, credentialId, { secondsAgo: 3_600 });
    expect(await post.message(id)).toMatchObject({ state: 'deposited' });
    expect(await post.codesOf(client)).toMatchObject([{ value: null, dataKeyId: null }]);
    expect(await vault.owner.prisma.event.count({ where: { workspaceId: client.id } })).toBe(0);
    await expect(client.readTfaCode()).rejects.toMatchObject({ code: 'no_fresh_code' });
  });

  it('gives a MAGIC_LINK credential the link of a message with both', async () => {
    const linked = await client.create({ domain: 'links.example', tfa_method: 'MAGIC_LINK' });
    const challengeId = await post.openChallenge(client, linked);
    const link = 'https://links.example/login?token=a%20b';
    await post.deposit(client, linked['id'] as string, { extraction: { link } });
    await post.claim(client, linked);
    expect(await post.open(client, challengeId)).toBe(link);
  });
});
