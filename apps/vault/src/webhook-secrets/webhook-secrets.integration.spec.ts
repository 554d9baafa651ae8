import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Database, OwnerDatabase } from '@otpost/database';
import { createTestDatabase, type TestDatabase } from '@otpost/database/testing';
import { createKeyringFile, describeSealed, LocalKeyring } from '@otpost/envelope';
import { DataKeys } from '../keys/data-keys.js';
import { WebhookSecretsController } from './webhook-secrets.controller.js';

describe('webhook secrets', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let owner: OwnerDatabase;
  let dataKeys: DataKeys;
  let controller: WebhookSecretsController;
  const directory = mkdtempSync(join(tmpdir(), 'otpost-webhook-secrets-'));
  const nothing = { secret: null, previous_secret: null, once_secret: null };

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    createKeyringFile(join(directory, 'keyring'));
    database = new Database({ url: testDatabase.urls.vault, applicationName: 'spec', connections: 4 });
    owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (owner)', connections: 2 });
    dataKeys = new DataKeys(owner, LocalKeyring.open(join(directory, 'keyring')), 300);
    controller = new WebhookSecretsController(database, dataKeys);
  });

  afterAll(async () => {
    await database.close();
    await owner.close();
    await testDatabase.drop();
    rmSync(directory, { recursive: true });
  });

  async function makeWorkspace(): Promise<string> {
    const id = uuidv7();
    const dataKeyId = await database.withWorkspace(id, async (tx) => {
      await tx.workspace.create({ data: { id, name: 'spec', clientEncryptionKey: new Uint8Array(), dataKeyId: id } });
      return dataKeys.create(tx, id, 1);
    });
    dataKeys.settled(dataKeyId);
    return id;
  }

  it('makes a secret that opens for its endpoint, also as the copy shown again', async () => {
    const ids = { workspace_id: await makeWorkspace(), endpoint_id: uuidv7() };
    const made = await controller.seal({ ...ids, current: null });
    expect(made.secret.reveal()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.previous_sealed).toBeNull();
    expect(describeSealed(made.sealed).keyId).toBe(made.data_key_id);
    const opened = await controller.open({ ...ids, ...nothing, secret: made.sealed, once_secret: made.once_sealed });
    expect(opened.secret?.reveal()).toBe(made.secret.reveal());
    expect(opened.once_secret?.reveal()).toBe(made.secret.reveal());
    expect(opened.previous_secret).toBeNull();
  });

  it('keeps the secret before, in its new place, when it makes another', async () => {
    const ids = { workspace_id: await makeWorkspace(), endpoint_id: uuidv7() };
    const first = await controller.seal({ ...ids, current: null });
    const second = await controller.seal({ ...ids, current: first.sealed });
    expect(second.secret.reveal()).not.toBe(first.secret.reveal());
    const opened = await controller.open({ ...ids, ...nothing, previous_secret: second.previous_sealed });
    expect(opened.previous_secret?.reveal()).toBe(first.secret.reveal());
  });

  it('opens nothing of another endpoint, column or workspace', async () => {
    const ids = { workspace_id: await makeWorkspace(), endpoint_id: uuidv7() };
    const { sealed, once_sealed } = await controller.seal({ ...ids, current: null });
    await expect(controller.open({ ...ids, ...nothing, endpoint_id: uuidv7(), secret: sealed })).rejects.toThrow();
    await expect(controller.open({ ...ids, ...nothing, previous_secret: sealed })).rejects.toThrow();
    await expect(controller.open({ ...ids, ...nothing, secret: once_sealed })).rejects.toThrow();
    const workspace_id = await makeWorkspace();
    await expect(controller.open({ ...ids, ...nothing, workspace_id, secret: sealed })).rejects.toThrow();
  });
});
