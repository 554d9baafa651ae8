import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { OwnerDatabase } from './database.js';
import {
  findApiKey,
  findChallengeWorkspace,
  findForwardingConfirmation,
  findInbox,
  findPhoneNumber,
  isOwnPhoneNumber,
  touchApiKeys,
} from './lookups.js';
import type { ServiceRole } from './roles.js';
import { createTestDatabase, insertCredential, insertWorkspace } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

describe('look-ups before the workspace is known', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let workspace: SeededWorkspace;
  let pools: Record<ServiceRole, pg.Pool>;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    workspace = await owner.asSystem((tx) => insertWorkspace(tx));
    const pool = (service: ServiceRole) => new pg.Pool({ connectionString: database.urls[service], max: 1 });
    pools = {
      gateway: pool('gateway'),
      vault: pool('vault'),
      ingestor: pool('ingestor'),
      dispatcher: pool('dispatcher'),
    };
  });
  afterAll(async () => {
    await Promise.all(Object.values(pools).map((pool) => pool.end()));
    await owner.close();
    await database.drop();
  });

  const soon = new Date('2030-01-01T00:00:00Z');
  const later = new Date('2031-01-01T00:00:00Z');
  const bytes = (length: number) => Uint8Array.from(randomBytes(length));

  async function insertKey(
    overrides: { parentId?: string; expiresAt?: Date | null; rateLimitPerSecond?: number } = {},
  ) {
    const id = randomBytes(8).toString('hex');
    const secretHash = bytes(32);
    await owner.prisma.apiKey.create({
      data: {
        id,
        workspaceId: workspace.workspaceId,
        name: 'spec',
        env: 'test',
        secretHash,
        scopes: ['codes:read', 'admin'],
        ...overrides,
      },
    });
    return { id, secretHash };
  }

  it('find an API key by its id, with what is needed to prove it', async () => {
    const { id, secretHash } = await insertKey({ rateLimitPerSecond: 10 });
    expect(await findApiKey(pools.gateway, id)).toEqual({
      workspaceId: workspace.workspaceId,
      parentId: null,
      seatId: null,
      name: 'spec',
      env: 'test',
      secretHash: Buffer.from(secretHash),
      scopes: ['codes:read', 'admin'],
      rateLimitPerSecond: 10,
      expiresAt: null,
      revokedAt: null,
    });
    expect(await findApiKey(pools.gateway, 'unknown')).toBeUndefined();
  });

  it('show an access token no longer lived than its key', async () => {
    const parent = await insertKey({ expiresAt: soon, rateLimitPerSecond: 7 });
    const token = await insertKey({ parentId: parent.id, expiresAt: later });
    expect(await findApiKey(pools.gateway, token.id)).toMatchObject({
      parentId: parent.id,
      expiresAt: soon,
      revokedAt: null,
      rateLimitPerSecond: 7,
    });
    const revokedAt = new Date('2026-01-01T00:00:00Z');
    await owner.prisma.apiKey.update({ where: { id: parent.id }, data: { revokedAt } });
    expect(await findApiKey(pools.gateway, token.id)).toMatchObject({ revokedAt });
  });

  it('note last uses, never backwards', async () => {
    const [first, second] = [await insertKey(), await insertKey()];
    await touchApiKeys(pools.vault, [
      { keyId: first.id, usedAt: later },
      { keyId: first.id, usedAt: soon },
      { keyId: second.id, usedAt: soon },
      { keyId: 'unknown', usedAt: soon },
    ]);
    await touchApiKeys(pools.vault, [{ keyId: first.id, usedAt: soon }]);
    const lastUsed = async (id: string) => (await owner.prisma.apiKey.findUniqueOrThrow({ where: { id } })).lastUsedAt;
    expect([await lastUsed(first.id), await lastUsed(second.id)]).toEqual([later, soon]);
  });

  it('find an inbox by its address, and by an earlier one through its grace period', async () => {
    const credentialId = await owner.asSystem((tx) => insertCredential(tx, workspace));
    const inboxId = uuidv7();
    const { workspaceId } = workspace;
    const address = (localPart: string, validUntil: Date | null) => ({ localPart, workspaceId, inboxId, validUntil });
    await owner.prisma.inbox.create({ data: { id: inboxId, workspaceId, credentialId } });
    await owner.prisma.inboxAddress.createMany({
      data: [address('now', null), address('before', soon), address('long-ago', new Date(0))],
    });
    const found = { inboxId, workspaceId, credentialId };
    expect(await findInbox(pools.ingestor, 'now')).toEqual(found);
    expect(await findInbox(pools.ingestor, 'before')).toEqual(found);
    expect(await findInbox(pools.ingestor, 'long-ago')).toBeUndefined();
    expect(await findInbox(pools.ingestor, 'Now')).toBeUndefined();
    await expect(owner.prisma.inboxAddress.create({ data: address('second', null) })).rejects.toThrow(
      'Unique constraint',
    );
  });

  it('find a phone number with its sealed token', async () => {
    const authToken = bytes(40);
    const id = uuidv7();
    await owner.prisma.phoneNumber.create({
      data: {
        id,
        workspaceId: workspace.workspaceId,
        e164: '+15005550006',
        provider: 'twilio',
        accountSid: 'AC1',
        authToken,
        mode: 'shared',
        status: 'pending_approval',
      },
    });
    expect(await findPhoneNumber(pools.ingestor, '+15005550006')).toEqual({
      phoneNumberId: id,
      workspaceId: workspace.workspaceId,
      credentialId: null,
      mode: 'shared',
      status: 'pending_approval',
      provider: 'twilio',
      accountSid: 'AC1',
      authToken: Buffer.from(authToken),
    });
    expect(await findPhoneNumber(pools.ingestor, '+15005550007')).toBeUndefined();
    expect(await isOwnPhoneNumber(pools.dispatcher, '+15005550006')).toBe(true);
    expect(await isOwnPhoneNumber(pools.dispatcher, '+15005550007')).toBe(false);
  });

  it('find the workspace of a challenge and of a forwarding confirmation', async () => {
    const { workspaceId } = workspace;
    const [challengeId, ruleId, confirmationId] = [uuidv7(), uuidv7(), uuidv7()];
    await owner.prisma.challenge.create({
      data: {
        id: challengeId,
        workspaceId,
        sessionId: 's',
        schema: {},
        factors: ['user'],
        since: soon,
        expiresAt: soon,
      },
    });
    await owner.prisma.forwardingRule.create({
      data: { id: ruleId, workspaceId, kind: 'email', destination: 'a@example.com' },
    });
    const job = { workspaceId, ruleId, nextAttemptAt: soon };
    await owner.prisma.forwardingJob.create({ data: { ...job, id: confirmationId, purpose: 'confirmation' } });
    const copyId = uuidv7();
    await owner.prisma.forwardingJob.create({ data: { ...job, id: copyId, inboundMessageId: uuidv7() } });
    expect(await findChallengeWorkspace(pools.dispatcher, challengeId)).toBe(workspaceId);
    expect(await findChallengeWorkspace(pools.dispatcher, uuidv7())).toBeUndefined();
    expect(await findForwardingConfirmation(pools.dispatcher, confirmationId)).toBe(workspaceId);
    expect(await findForwardingConfirmation(pools.dispatcher, copyId)).toBeUndefined();
    expect(await findForwardingConfirmation(pools.dispatcher, uuidv7())).toBeUndefined();
  });

  it('are for the one service that asks', async () => {
    await expect(findApiKey(pools.ingestor, 'x')).rejects.toThrow('permission denied for function find_api_key');
    await expect(findPhoneNumber(pools.gateway, '+1')).rejects.toThrow('permission denied for function');
  });
});
