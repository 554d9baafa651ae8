import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, findInbox } from '@otpost/database';
import { openVault, type OpenVault, type WorkspaceClient } from '../credentials/testing/open-vault.js';
import { InboxesController } from './inboxes.controller.js';

const caller = { actor: { kind: 'api_key' as const, id: 'key1' }, ip: null, request_id: 'spec' };
const noPair = { permissioned_user_id: 'nobody' };

describe('inboxes', () => {
  let vault: OpenVault;
  let ingestor: Database;
  let inboxes: InboxesController;
  let client: WorkspaceClient;
  let credentialId: string;

  beforeAll(async () => {
    vault = await openVault();
    inboxes = new InboxesController(vault.database, vault.dataKeys, 'in.example.test');
    ingestor = new Database({ url: vault.urls.ingestor, applicationName: 'spec', connections: 2 });
  });
  afterAll(async () => {
    await ingestor.close();
    await vault.close();
  });
  beforeEach(async () => {
    client = await vault.makeWorkspace();
    credentialId = (await client.create({}))['id'] as string;
  });

  const request = () => ({ ...caller, workspace_id: client.id });
  const create = (credential_id = credentialId) => inboxes.create({ ...request(), credential_id });
  const accepts = async (address: string) =>
    (await findInbox(ingestor.pool, address.split('@')[0] ?? ''))?.credentialId ?? null;
  const rotate = (id: string, grace_seconds: number, key?: string) => {
    const body_hmac = 'a'.repeat(64);
    const idempotency = key === undefined ? null : { key, route: `POST /v1/inboxes/${id}/rotate`, body_hmac };
    return inboxes.rotate({ ...request(), id, grace_seconds, idempotency });
  };

  it('are made once for a credential, also by many at once, and are its tfa_email', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => create()));
    expect(new Set(made.map(({ address }) => address)).size).toBe(1);
    const address = made[0]?.address ?? '';
    expect(address).toMatch(/^[0-9a-z]{18}@in\.example\.test$/);
    expect((await client.find())['tfa_email']).toBe(address);
    expect(await accepts(address)).toBe(credentialId);
    const audited = { workspaceId: client.id, action: 'inbox.created' };
    expect(await vault.owner.prisma.auditEntry.count({ where: audited })).toBe(1);
  });

  it('get a new address; the one before accepts mail through its grace period', async () => {
    const { id, address } = await create();
    const { inbox } = await rotate(id, 3_600);
    expect(inbox.address).not.toBe(address);
    expect(inbox.previous_addresses).toMatchObject([{ address }]);
    expect(Date.parse(inbox.previous_addresses[0]?.valid_until ?? '')).toBeCloseTo(Date.now() + 3_600_000, -4);
    expect((await client.find())['tfa_email']).toBe(inbox.address);
    expect(await accepts(address)).toBe(credentialId);
    expect(await accepts(inbox.address)).toBe(credentialId);
  });

  it('without a grace period no longer accept mail at the old address', async () => {
    const { id, address } = await create();
    const { inbox } = await rotate(id, 0);
    expect(inbox.previous_addresses).toEqual([]);
    expect(await accepts(address)).toBeNull();
  });

  it('have one current address after many rotations at once', async () => {
    const { id } = await create();
    await Promise.all(Array.from({ length: 6 }, () => rotate(id, 3_600)));
    const inbox = await inboxes.get({ ...request(), id });
    expect(inbox.previous_addresses).toHaveLength(6);
    expect(await vault.owner.prisma.inboxAddress.count({ where: { inboxId: id, validUntil: null } })).toBe(1);
  });

  it('are rotated once by one Idempotency-Key', async () => {
    const { id } = await create();
    const first = await rotate(id, 3_600, 'key');
    expect(await rotate(id, 3_600, 'key')).toEqual(first);
  });

  it('are listed a page at a time', async () => {
    const first = await create();
    const second = await create((await client.create({ ...noPair }))['id'] as string);
    const page = { limit: 1 };
    const list = (cursor?: string | null) =>
      inboxes.list({ ...request(), credential_id: null, page: { ...page, cursor: cursor ?? null } });
    const start = await list();
    expect(start).toMatchObject({ items: [{ id: first.id }], next_cursor: first.id });
    expect(await list(start.next_cursor)).toMatchObject({ items: [{ id: second.id }], next_cursor: null });
  });

  it('of another workspace, or for its credential, are as unknown ones', async () => {
    const { id } = await create();
    const foreign = credentialId;
    client = await vault.makeWorkspace();
    await expect(inboxes.get({ ...request(), id })).rejects.toMatchObject({ code: 'not_found' });
    await expect(rotate(id, 0)).rejects.toMatchObject({ code: 'not_found' });
    await expect(create(foreign)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('go with their credential', async () => {
    const { address } = await create();
    await client.delete();
    expect(await accepts(address)).toBeNull();
  });
});
