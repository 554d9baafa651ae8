import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Scope } from '@otpost/contracts';
import { Database, OwnerDatabase } from '@otpost/database';
import { createTestDatabase, type TestDatabase } from '@otpost/database/testing';
import { createKeyringFile, LocalKeyring, Secret } from '@otpost/envelope';
import { decodeSecret, generateTotp, OTP_DEFAULTS } from '@otpost/otp';
import { insertApiKey } from '../api-keys/api-key-rows.js';
import type { KeyChanges } from '../api-keys/key-changes.js';
import { DataKeyRotation } from '../keys/data-key-rotation.js';
import { DataKeys } from '../keys/data-keys.js';
import { InviteSeat } from './invite-seat.js';
import { PasswordHashes } from './password-hashes.js';
import { SeatSessions } from './seat-sessions.js';
import { SeatSignInsController } from './seat-sign-ins.controller.js';
import { SetUpSignIn } from './set-up-sign-in.js';
import { SignSeatIn } from './sign-seat-in.js';

const password = new Secret('correct horse battery staple');
const wrong = 'the address, the password or the code is not right';

describe('seats that sign in', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let owner: OwnerDatabase;
  let dataKeys: DataKeys;
  let passwords: PasswordHashes;
  let seatSignIns: SeatSignInsController;
  let workspace_id: string;
  let key: { id: string };
  const revoked: string[] = [];
  const directory = mkdtempSync(join(tmpdir(), 'otpost-seat-sign-ins-'));
  /** The present moment, moved on by whole periods so that each test has time steps of its own. */
  let ahead = 0;
  const realNow = Date.now.bind(Date);

  beforeAll(async () => {
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
    testDatabase = await createTestDatabase();
    createKeyringFile(join(directory, 'keyring'));
    database = new Database({ url: testDatabase.urls.vault, applicationName: 'spec', connections: 6 });
    owner = new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec (owner)', connections: 3 });
    dataKeys = new DataKeys(owner, LocalKeyring.open(join(directory, 'keyring')), 300);
    const told = { apiKeyRevoked: (id: string) => Promise.resolve(revoked.push(id)) } as unknown as KeyChanges;
    const sessions = new SeatSessions(told);
    passwords = new PasswordHashes();
    seatSignIns = new SeatSignInsController(
      database,
      new InviteSeat(database, dataKeys, sessions),
      new SetUpSignIn(database, dataKeys, passwords, sessions),
      new SignSeatIn(database, dataKeys, passwords, sessions),
      sessions,
    );
    workspace_id = uuidv7();
    await database.withWorkspace(workspace_id, async (tx) => {
      const clientEncryptionKey = new Uint8Array();
      await tx.workspace.create({
        data: { id: workspace_id, name: 'spec', clientEncryptionKey, dataKeyId: workspace_id },
      });
      dataKeys.settled(await dataKeys.create(tx, workspace_id, 1));
      const scopes: Scope[] = ['admin', 'codes:read', 'vault:read'];
      key = await insertApiKey(tx, workspace_id, { name: '', env: 'live', scopes });
    });
  });

  afterAll(async () => {
    jest.restoreAllMocks();
    await database.close();
    await owner.close();
    await testDatabase.drop();
    rmSync(directory, { recursive: true });
  });

  const caller = () => ({
    actor: { kind: 'api_key' as const, id: key.id },
    ip: '192.0.2.1',
    request_id: 'spec',
    workspace_id,
  });
  const nobody = () => ({ ...caller(), actor: { kind: 'system' as const, id: 'console' } });

  async function addSeat(email: string): Promise<string> {
    const { id } = await owner.prisma.seat.create({ data: { id: uuidv7(), workspaceId: workspace_id, email } });
    return id;
  }

  const invite = (seat_id: string, name: string, scopes: Scope[] = ['codes:read'], actor = caller().actor) =>
    seatSignIns.invite({ ...caller(), actor, seat_id, name, scopes, ttl_seconds: 3_600, idempotency: null });

  /** The authenticator of the seat; a period later with each code, since one is accepted once. */
  function codeOf(secret: Secret): Secret {
    const { algorithm, digits, periodSeconds } = OTP_DEFAULTS;
    const seed = decodeSecret(secret.reveal());
    return new Secret(generateTotp({ secret: seed, algorithm, digits, periodSeconds, atMs: Date.now() }).code);
  }
  const nextPeriod = () => (ahead += 30_000);

  async function setUp(email: string) {
    const seatId = await addSeat(email);
    const { token } = await invite(seatId, email);
    const link = token ?? new Secret('');
    const { secret } = await seatSignIns.begin({ ...nobody(), token: link, password });
    nextPeriod();
    const session = await seatSignIns.confirm({ ...nobody(), token: link, code: codeOf(secret), ttl_seconds: 3_600 });
    nextPeriod();
    return { seatId, secret, session, link };
  }

  const signIn = (name: string, code: Secret, given = password) =>
    seatSignIns.signIn({ ...nobody(), name, password: given, code, ttl_seconds: 3_600 });
  const lastAudit = async () => {
    const entry = await owner.prisma.auditEntry.findFirstOrThrow({
      where: { workspaceId: workspace_id },
      orderBy: { id: 'desc' },
    });
    return { actor: entry.actorKind, action: entry.action, of: entry.resourceId, details: entry.details };
  };

  it('sets up a password and an authenticator with a link, once, and signs in with both', async () => {
    const { seatId, secret, session, link } = await setUp('Dana@Example.com');
    expect(session).toMatchObject({ seat_id: seatId, scopes: ['codes:read'] });
    await expect(seatSignIns.begin({ ...nobody(), token: link, password })).rejects.toThrow(/ask for a new one/);
    const again = await signIn(' dana@EXAMPLE.com', codeOf(secret));
    expect(again.token_id).not.toBe(session.token_id);
    expect(await lastAudit()).toMatchObject({ actor: 'seat', action: 'seat.signed_in', of: seatId });
    const row = await owner.prisma.apiKey.findUniqueOrThrow({ where: { id: again.token_id } });
    expect(row).toMatchObject({ seatId, parentId: null, scopes: ['codes:read'] });
    expect(row.expiresAt?.getTime()).toBeGreaterThan(Date.now());
  });

  it('keeps neither the password nor the secret nor the link where anybody could read it', async () => {
    const { seatId, secret, link } = await setUp('sealed@example.com');
    const { rows } = await owner.pool.query<{ row: string }>(
      `SELECT row_to_json(s)::text AS row FROM seat_sign_in AS s WHERE id = $1`,
      [seatId],
    );
    const bytes = Buffer.from((rows[0]?.row ?? '').replaceAll(/[^0-9a-f]/g, ''), 'hex');
    expect(rows[0]?.row).not.toMatch(/argon2/);
    expect(bytes.includes(Buffer.from('argon2'))).toBe(false);
    expect(bytes.includes(Buffer.from(decodeSecret(secret.reveal())))).toBe(false);
    expect(rows[0]?.row).not.toContain(link.reveal().slice(-20));
  });

  it('accepts a time step once, whoever asks at the same time, and none before it', async () => {
    const { secret } = await setUp('replay@example.com');
    const code = codeOf(secret);
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => signIn('replay@example.com', code)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(signIn('replay@example.com', code)).rejects.toThrow(wrong);
    expect(await lastAudit()).toMatchObject({ action: 'seat.sign_in_failed', details: { reason: 'code_used' } });
    ahead -= 30_000;
    const earlier = codeOf(secret);
    ahead += 30_000;
    await expect(signIn('replay@example.com', earlier)).rejects.toThrow(wrong);
    nextPeriod();
    await expect(signIn('replay@example.com', codeOf(secret))).resolves.toBeDefined();
  });

  it('says the same of a wrong password, a wrong code and a seat that is not there, and writes each down', async () => {
    const { secret, seatId } = await setUp('wrong@example.com');
    await expect(signIn('wrong@example.com', codeOf(secret), new Secret('not the password'))).rejects.toThrow(wrong);
    expect(await lastAudit()).toMatchObject({ of: seatId, details: { reason: 'password' } });
    await expect(signIn('wrong@example.com', new Secret('000000x'))).rejects.toThrow(wrong);
    expect(await lastAudit()).toMatchObject({ of: seatId, details: { reason: 'code' } });
    await expect(signIn('nobody@example.com', codeOf(secret))).rejects.toThrow(wrong);
    expect(await lastAudit()).toMatchObject({ of: null, details: { reason: 'no_such_seat' } });
    const elsewhere = { ...nobody(), workspace_id: uuidv7() };
    await expect(
      seatSignIns.signIn({
        ...elsewhere,
        name: 'wrong@example.com',
        password,
        code: codeOf(secret),
        ttl_seconds: 3_600,
      }),
    ).rejects.toThrow(wrong);
    // A refused code is none that was used.
    await expect(signIn('wrong@example.com', codeOf(secret))).resolves.toBeDefined();
  });

  it('hashes for somebody who is not there as well', async () => {
    const hashed = await passwords.hash(password);
    const timeOf = async (of: string | null) => {
      const from = performance.now();
      expect(await passwords.matches(of, new Secret('something else'))).toBe(false);
      return performance.now() - from;
    };
    expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await timeOf(null);
    const quickest = async (of: string | null) => Math.min(await timeOf(of), await timeOf(of), await timeOf(of));
    expect(await quickest(null)).toBeGreaterThan((await quickest(hashed)) / 3);
  });

  it('lets an API key give no more than it has, and a session give nothing', async () => {
    const seatId = await addSeat('scopes@example.com');
    await expect(invite(seatId, 'scopes@example.com', ['vault:write'])).rejects.toThrow(/lacks the scope vault:write/);
    const { session } = await setUp('session@example.com');
    const seat = { kind: 'seat' as never, id: session.seat_id };
    await expect(invite(seatId, 'scopes@example.com', ['codes:read'], seat)).rejects.toThrow(/use the API key/);
    const own = { kind: 'api_key' as const, id: session.token_id };
    await expect(invite(seatId, 'scopes@example.com', ['codes:read'], own)).rejects.toThrow(/use the API key/);
    await expect(invite(uuidv7(), 'x@example.com')).rejects.toThrow(/not found/);
    await expect(invite(seatId, 'session@example.com')).rejects.toThrow(/another seat/);
  });

  it('ends its sessions with a new link, and keeps what signs in until that is used', async () => {
    const { seatId, secret, session } = await setUp('again@example.com');
    const { token } = await invite(seatId, 'again@example.com', ['vault:read']);
    expect(revoked).toContain(session.token_id);
    expect((await signIn('again@example.com', codeOf(secret))).scopes).toEqual(['vault:read']);
    const begun = await seatSignIns.begin({
      ...nobody(),
      token: token ?? new Secret(''),
      password: new Secret('another one'),
    });
    nextPeriod();
    await expect(signIn('again@example.com', codeOf(secret))).rejects.toThrow(wrong);
    await expect(signIn('again@example.com', codeOf(begun.secret), new Secret('another one'))).rejects.toThrow(wrong);
  });

  it('gives a session what the seat may do then, though a new link took scopes away while the password was looked at', async () => {
    const { seatId, secret } = await setUp('meanwhile@example.com');
    jest.spyOn(passwords, 'matches').mockImplementationOnce(async () => {
      await invite(seatId, 'meanwhile@example.com', ['vault:read']);
      return true;
    });
    expect((await signIn('meanwhile@example.com', codeOf(secret))).scopes).toEqual(['vault:read']);
  });

  it('needs the right code to end the set-up, and a link that has not expired', async () => {
    const seatId = await addSeat('late@example.com');
    const { token, sign_in } = await invite(seatId, 'late@example.com');
    expect(sign_in).toMatchObject({ status: 'invited', seat_id: seatId });
    const link = token ?? new Secret('');
    const confirm = (code: Secret) => seatSignIns.confirm({ ...nobody(), token: link, code, ttl_seconds: 3_600 });
    await expect(confirm(new Secret('123456'))).rejects.toThrow('set a password first');
    const { secret } = await seatSignIns.begin({ ...nobody(), token: link, password });
    expect(await lastAudit()).toMatchObject({ actor: 'seat', action: 'seat.setup_begun', of: seatId });
    await expect(confirm(new Secret('abcdef'))).rejects.toThrow(/not the code/);
    await expect(signIn('late@example.com', codeOf(secret))).rejects.toThrow(wrong);
    ahead += 3_600_000;
    await expect(confirm(codeOf(secret))).rejects.toThrow(/expired/);
    const other = new Secret(link.reveal().replace(/....$/, 'AAAA'));
    await expect(seatSignIns.begin({ ...nobody(), token: other, password })).rejects.toThrow(/ask for a new one/);
  });

  it('signs in after the data key was rotated, and no more once it is removed', async () => {
    const { seatId, secret, session } = await setUp('rotated@example.com');
    const rotation = new DataKeyRotation(owner, dataKeys);
    expect(await rotation.begin(nobody(), workspace_id)).toBe(true);
    const done = await rotation.finish(nobody(), { workspaceId: workspace_id, graceMs: 0 });
    expect([...done.unopenable].filter((row) => row.startsWith('seat_sign_in'))).toEqual([]);
    await expect(signIn('rotated@example.com', codeOf(secret))).resolves.toBeDefined();
    const listed = await seatSignIns.list({ ...caller(), page: { limit: 200 } });
    expect(listed.items.find(({ seat_id }) => seat_id === seatId)).toMatchObject({ status: 'ready' });
    expect(await seatSignIns.remove({ ...caller(), seat_id: seatId })).toEqual({ removed: true });
    expect(revoked).toContain(session.token_id);
    nextPeriod();
    await expect(signIn('rotated@example.com', codeOf(secret))).rejects.toThrow(wrong);
    expect(await owner.prisma.apiKey.count({ where: { seatId } })).toBe(0);
  });
});
