import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageView } from '@otpost/contracts';
import { createLogger } from '@otpost/platform';
import { openVault, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { caller, PostOffice } from '../received-codes/testing/post-office.js';
import { MessagesController } from './messages.controller.js';
import { PurgeMessages } from './purge-messages.js';

describe('messages', () => {
  let vault: OpenVault;
  let post: PostOffice;
  let messages: MessagesController;
  let purger: PurgeMessages;
  let client: WorkspaceClient;
  let credentialId: string;

  beforeAll(async () => {
    vault = await openVault();
    post = new PostOffice(vault);
    messages = new MessagesController(vault.database, vault.dataKeys);
    purger = new PurgeMessages(vault.owner, createLogger({ service: 'vault', replica: 'spec', level: 'silent' }));
  });
  afterAll(async () => {
    await post.close();
    await vault.close();
  });
  beforeEach(async () => {
    client = await vault.makeWorkspace();
    credentialId = (await client.create({ tfa_method: 'EMAIL' }))['id'] as string;
  });

  const read = (id: string, workspace = client) => messages.read({ ...caller, workspace_id: workspace.id, id });
  const list = (
    filter: { credential_id?: string; state?: MessageView['state']; cursor?: string; limit?: number } = {},
  ) =>
    messages.list({
      ...caller,
      workspace_id: client.id,
      credential_id: filter.credential_id ?? null,
      state: filter.state ?? null,
      page: { cursor: filter.cursor ?? null, limit: filter.limit ?? 50 },
    });

  it('are listed newest first, by credential and state, a page at a time, without a word of their text', async () => {
    const other = (await client.create({ domain: 'other.example', tfa_method: 'EMAIL' }))['id'] as string;
    const ids = [
      await post.deposit(client, credentialId),
      await post.deposit(client, other),
      await post.deposit(client, credentialId, { extraction: { code: null, reason: 'none' } }),
    ];
    const all = await list();
    expect(all.items.map(({ id }) => id)).toEqual([...ids].reverse());
    expect(all.items[0]).toMatchObject({
      channel: 'email',
      from: 'noreply@github.com',
      state: 'no_code',
      reason: 'none',
      credential_id: credentialId,
    });
    expect(JSON.stringify(all)).not.toContain('123456');
    expect((await list({ credential_id: other })).items.map(({ id }) => id)).toEqual([ids[1]]);
    expect((await list({ state: 'no_code' })).items.map(({ id }) => id)).toEqual([ids[2]]);
    const first = await list({ limit: 2 });
    const rest = await list({ limit: 2, ...(first.next_cursor === null ? {} : { cursor: first.next_cursor }) });
    expect([...first.items, ...rest.items]).toEqual(all.items);
    expect(rest.next_cursor).toBeNull();
  });

  it('are read with their text and what was found in them, and every reading is audited', async () => {
    const id = await post.deposit(client, credentialId, { text: 'Your code is 123456' });
    const message = await read(id);
    expect(message.content?.text?.reveal()).toBe('Your code is 123456');
    expect(message.content?.headers.map(({ name, value }) => [name, value.reveal()])).toEqual([['list-id', 'x']]);
    expect(message.extraction?.candidates[0]?.value.reveal()).toBe('123456');
    // What is a text only inside the sealed answer prints nothing here.
    expect(JSON.stringify(message)).not.toContain('123456');
    expect(await post.audited(client, 'inbound_message.read')).toMatchObject([{ resourceId: id, actorId: 'key1' }]);
  });

  it('of another workspace are as unknown ones', async () => {
    const id = await post.deposit(client, credentialId);
    await expect(read(id, await vault.makeWorkspace())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('show nothing of what the vault has not opened', async () => {
    const { inbound_message_id } = await post.store(client, credentialId);
    expect(await read(inbound_message_id)).toMatchObject({ state: 'received', content: null, extraction: null });
  });

  it("lose their content when the workspace's retention is over, and no sooner; what they were stays", async () => {
    await post.settings(client, { message_retention_hours: 2 });
    const kept = await post.deposit(client, credentialId, { secondsAgo: 2 * 3_600 - 60 });
    const over = await post.deposit(client, credentialId, { secondsAgo: 2 * 3_600 + 60 });
    const unopened = await post.store(client, credentialId, { secondsAgo: 2 * 3_600 + 60 });
    const elsewhere = await vault.makeWorkspace();
    const byDefault = await post.deposit(elsewhere, null, { secondsAgo: 23 * 3_600 });
    await purger.sweep();
    expect((await read(kept)).content).not.toBeNull();
    expect(await read(over)).toMatchObject({ content: null, extraction: null, state: 'deposited' });
    expect(await post.message(over)).toMatchObject({ content: null, extraction: null, dataKeyId: null });
    expect((await post.message(unopened.inbound_message_id)).content).not.toBeNull();
    expect((await post.message(byDefault)).content).not.toBeNull();
    expect(await purger.sweep()).toBe(0);
  });
});
