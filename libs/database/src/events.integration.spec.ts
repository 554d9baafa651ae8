import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewEvent } from '@otpost/contracts';
import { v7 as uuidv7 } from 'uuid';
import { Database, OwnerDatabase } from './database.js';
import { appendEvent } from './events.js';
import { createTestDatabase, insertWorkspace, type TestDatabase } from './testing/index.js';

describe('appendEvent', () => {
  let testDatabase: TestDatabase;
  let dispatcher: Database;
  let vault: Database;
  let owner: OwnerDatabase;
  let workspaceId: string;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    dispatcher = new Database({ url: testDatabase.urls.dispatcher, applicationName: 'spec', connections: 2 });
    vault = new Database({ url: testDatabase.urls.vault, applicationName: 'spec', connections: 2 });
    owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec', connections: 2 });
    ({ workspaceId } = await owner.asSystem((tx) => insertWorkspace(tx)));
  });

  afterAll(async () => {
    await Promise.all([dispatcher.close(), vault.close(), owner.close()]);
    await testDatabase.drop();
  });

  const resolved = () => ({
    type: 'challenge.resolved' as const,
    payload: {
      challenge_id: uuidv7(),
      session_id: 'run-1',
      workflow_id: null,
      credential_id: uuidv7(),
      otp_secret_id: null,
      factor: 'email' as const,
    },
  });

  it('is there with its transaction, found by session and challenge, and waits to be fanned out', async () => {
    const event = resolved();
    const id = await dispatcher.withWorkspace(workspaceId, (tx) =>
      appendEvent(tx, workspaceId, event, { clientId: 'client-1', metadata: { run: 7 } }),
    );
    const row = await owner.prisma.event.findUnique({ where: { id } });
    expect(row).toMatchObject({
      workspaceId,
      type: 'challenge.resolved',
      sessionId: 'run-1',
      challengeId: event.payload.challenge_id,
      clientId: 'client-1',
      payload: event.payload,
      metadata: { run: 7 },
      position: null,
      fannedOutAt: null,
    });
  });

  it('is gone with its transaction', async () => {
    const rolledBack = dispatcher.withWorkspace(workspaceId, async (tx) => {
      const id = await appendEvent(tx, workspaceId, resolved());
      throw new Error(id);
    });
    const id = await rolledBack.catch((error: Error) => error.message);
    expect(await owner.prisma.event.findUnique({ where: { id } })).toBeNull();
  });

  it('can be written by the vault, which may not read it', async () => {
    const payload = {
      credential_id: uuidv7(),
      received_code_id: uuidv7(),
      channel: 'sms' as const,
      kind: 'code' as const,
      received_at: new Date().toISOString(),
    };
    const id = await vault.withWorkspace(workspaceId, (tx) =>
      appendEvent(tx, workspaceId, { type: 'code.received', payload }),
    );
    expect(await owner.prisma.event.findUnique({ where: { id } })).toMatchObject({ payload, sessionId: null });
  });

  it.each(['code', 'provided_input', 'page_url'])('never has a field %s in its payload', async (field) => {
    const { type, payload } = resolved();
    const event = { type, payload: { ...payload, [field]: '123456' } } as NewEvent;
    const appending = dispatcher.withWorkspace(workspaceId, (tx) => appendEvent(tx, workspaceId, event));
    await expect(appending).rejects.toMatchObject({ name: 'ZodError' });
  });
});
