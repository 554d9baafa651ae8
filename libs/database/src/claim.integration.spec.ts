import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { Database, OwnerDatabase } from './database.js';
import type { Prisma } from './generated/client.js';
import { claimReceivedCodes } from './lookups.js';
import { createTestDatabase, insertCredential, insertWorkspace } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

describe('claiming received codes', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let dispatcher: Database;
  let workspace: SeededWorkspace;
  let credentialId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    dispatcher = new Database({ url: database.urls.dispatcher, applicationName: 'spec', connections: 16 });
    workspace = await owner.asSystem((tx) => insertWorkspace(tx));
  });
  beforeEach(async () => {
    credentialId = await owner.asSystem((tx) => insertCredential(tx, workspace));
  });
  afterAll(async () => {
    await dispatcher.close();
    await owner.close();
    await database.drop();
  });

  const now = Date.now();
  /** Seconds from the start of this spec. */
  const at = (seconds: number) => new Date(now + seconds * 1000);

  async function openChallenge(overrides: Partial<Prisma.ChallengeUncheckedCreateInput> = {}): Promise<string> {
    const id = uuidv7();
    const { workspaceId } = workspace;
    await owner.prisma.challenge.create({
      data: {
        id,
        workspaceId,
        credentialId,
        sessionId: 's',
        schema: {},
        factors: ['email', 'user'],
        since: at(-60),
        expiresAt: at(600),
        ...overrides,
      },
    });
    return id;
  }

  async function deposit(overrides: Partial<Prisma.ReceivedCodeUncheckedCreateInput> = {}): Promise<string> {
    const id = uuidv7();
    await owner.prisma.receivedCode.create({
      data: {
        id,
        ...workspace,
        credentialId,
        channel: 'email',
        kind: 'code',
        value: new Uint8Array([1]),
        receivedAt: at(0),
        freshUntil: at(600),
        wipeDueAt: at(600),
        ...overrides,
      },
    });
    return id;
  }

  const claim = () =>
    dispatcher.withWorkspace(workspace.workspaceId, async (tx) => {
      const claimed = await claimReceivedCodes(tx, credentialId);
      return claimed.map((pair) => [pair.challengeId, pair.receivedCodeId, pair.factor]);
    });

  it('resolves the challenge with the code, both in one transaction', async () => {
    const challenge = await openChallenge();
    const code = await deposit();
    expect(await claim()).toEqual([[challenge, code, 'email']]);
    expect(await claim()).toEqual([]);
    const resolved = await owner.prisma.challenge.findUniqueOrThrow({ where: { id: challenge } });
    expect(resolved).toMatchObject({ status: 'resolved', factor: 'email', receivedCodeId: code });
    const claimed = await owner.prisma.receivedCode.findUniqueOrThrow({ where: { id: code } });
    expect(claimed).toMatchObject({ challengeId: challenge, wipeDueAt: resolved.expiresAt });
    expect(claimed.claimedAt).not.toBeNull();
  });

  it('undoes both when the transaction does not commit', async () => {
    const challenge = await openChallenge();
    const code = await deposit();
    const failing = dispatcher.withWorkspace(workspace.workspaceId, async (tx) => {
      await claimReceivedCodes(tx, credentialId);
      throw new Error('the event could not be written');
    });
    await expect(failing).rejects.toThrow('the event');
    expect(await claim()).toEqual([[challenge, code, 'email']]);
  });

  it('gives one code to one of 50 challenges, the oldest, however many claim at once', async () => {
    const challenges: string[] = [];
    for (let index = 0; index < 50; index += 1) challenges.push(await openChallenge());
    const code = await deposit();
    const claimed = (await Promise.all(Array.from({ length: 16 }, claim))).flat();
    expect(claimed).toEqual([[challenges[0], code, 'email']]);
    expect(await owner.prisma.challenge.count({ where: { credentialId, status: 'pending' } })).toBe(49);
  });

  it('gives codes that waited to the challenges in the order of both', async () => {
    const first = await openChallenge({ since: at(-60) });
    const second = await openChallenge({ since: at(-30) });
    const older = await deposit({ receivedAt: at(-40) });
    const newer = await deposit({ receivedAt: at(-10) });
    expect(await claim()).toEqual([
      [first, older, 'email'],
      [second, newer, 'email'],
    ]);
  });

  it('uses the newest of several codes for one challenge, and leaves the others', async () => {
    await deposit({ receivedAt: at(-20) });
    const newest = await deposit({ receivedAt: at(-5) });
    await deposit({ receivedAt: at(-10) });
    const challenge = await openChallenge();
    expect(await claim()).toEqual([[challenge, newest, 'email']]);
    expect(await owner.prisma.receivedCode.count({ where: { credentialId, challengeId: null } })).toBe(2);
  });

  it('never gives a code to a challenge that expired or was cancelled, nor one older than its since', async () => {
    await openChallenge({ expiresAt: new Date() });
    await openChallenge({ status: 'cancelled', endedAt: at(0) });
    await openChallenge({ status: 'expired', endedAt: at(0) });
    await openChallenge({ since: at(1) });
    await deposit();
    expect(await claim()).toEqual([]);
  });

  it('waits for a cancellation under way, and then finds nothing to resolve', async () => {
    const challenge = await openChallenge();
    await deposit();
    let claiming: Promise<unknown> | undefined;
    await owner.asSystem(async (tx) => {
      await tx.challenge.update({ where: { id: challenge }, data: { status: 'cancelled', endedAt: new Date() } });
      claiming = claim();
      await untilBlocked();
    });
    expect(await claiming).toEqual([]);
  });

  it('looks at the time again when it had to wait for the row', async () => {
    const challenge = await openChallenge({ expiresAt: new Date(Date.now() + 700) });
    await deposit();
    let claiming: Promise<unknown> | undefined;
    await owner.asSystem(async (tx) => {
      await tx.$queryRaw`SELECT FROM challenge WHERE id = ${challenge}::uuid FOR UPDATE`;
      claiming = claim();
      await untilBlocked();
      await until(async () => {
        const [row] = await tx.$queryRaw<[{ over: boolean }]>`
          SELECT expires_at <= clock_timestamp() AS over FROM challenge WHERE id = ${challenge}::uuid`;
        return row.over;
      });
    });
    expect(await claiming).toEqual([]);
  });

  it('gives a code only to a challenge that takes its factor; a link is a magic link', async () => {
    const sms = await openChallenge({ factors: ['sms'] });
    const link = await openChallenge({ factors: ['magic_link'] });
    const text = await deposit({ channel: 'sms' });
    const mail = await deposit({ kind: 'link' });
    await deposit();
    expect(await claim()).toEqual([
      [sms, text, 'sms'],
      [link, mail, 'magic_link'],
    ]);
  });

  it('serves each challenge that some code fits, when newer codes fit only others', async () => {
    const sms = await openChallenge({ factors: ['sms'] });
    const mail = await openChallenge({ factors: ['email'] });
    const text = await deposit({ channel: 'sms', receivedAt: at(-30) });
    await deposit({ receivedAt: at(-20) });
    await deposit({ receivedAt: at(-10) });
    const claimed = await claim();
    expect(claimed.map(([challenge]) => challenge).sort()).toEqual([sms, mail].sort());
    expect(claimed).toContainEqual([sms, text, 'sms']);
  });

  it('leaves codes alone that were read, wiped, claimed or are stale', async () => {
    await openChallenge();
    await deposit({ readByKeyId: 'key', firstReadAt: at(0) });
    await deposit({ value: null, wipedAt: at(0) });
    await deposit({ freshUntil: new Date() });
    await deposit({ challengeId: uuidv7(), claimedAt: at(0) });
    expect(await claim()).toEqual([]);
  });

  it('leaves a challenge alone that already has its answer', async () => {
    const answered = await openChallenge();
    await deposit({ channel: 'user', kind: 'answer', challengeId: answered, claimedAt: at(0) });
    await deposit();
    expect(await claim()).toEqual([]);
  });

  it('sees nothing of another workspace, and needs one', async () => {
    await openChallenge();
    await deposit();
    const other = await owner.asSystem((tx) => insertWorkspace(tx));
    expect(await dispatcher.withWorkspace(other.workspaceId, (tx) => claimReceivedCodes(tx, credentialId))).toEqual([]);
    await expect(dispatcher.transaction((tx) => claimReceivedCodes(tx, credentialId))).rejects.toThrow('workspace');
  });

  async function untilBlocked(): Promise<void> {
    await until(async () => {
      const { rows } = await owner.pool.query(
        `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()`,
      );
      return rows.length > 0;
    });
  }

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error('waited 5 s in vain');
    }
  }
});
