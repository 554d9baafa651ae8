import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { readCredentialOtpSecrets, readOtpSecrets } from './code-reads.js';
import { OwnerDatabase } from './database.js';
import { createTestDatabase, insertCredential, insertOtpSecret, insertWorkspace } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

describe('reading OTP secrets in batches', () => {
  let database: TestDatabase;
  let owner: OwnerDatabase;
  let vault: pg.Pool;
  let mine: SeededWorkspace;
  let theirs: SeededWorkspace;

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    vault = new pg.Pool({ connectionString: database.urls.vault, max: 2 });
    mine = await owner.asSystem((tx) => insertWorkspace(tx));
    theirs = await owner.asSystem((tx) => insertWorkspace(tx, { settings: { exclusive_time_steps: true } }));
  });
  afterAll(async () => {
    await vault.end();
    await owner.close();
    await database.drop();
  });
  beforeEach(async () => {
    await owner.prisma.auditEntry.deleteMany();
  });

  const reader = (workspaceId: string, requestId = 'r') => ({
    workspaceId,
    actorKind: 'api_key',
    actorId: 'key1',
    ip: '192.0.2.1',
    requestId,
  });
  const audited = () => owner.prisma.auditEntry.findMany({ orderBy: { id: 'asc' } });

  it('answers each read in its place, and not with a secret of another workspace', async () => {
    const first = await owner.asSystem((tx) => insertOtpSecret(tx, mine, { digits: 8, algorithm: 'SHA512' }));
    const second = await owner.asSystem((tx) => insertOtpSecret(tx, theirs, { period: 60 }));
    const rows = await readOtpSecrets(vault, [
      { ...reader(theirs.workspaceId), otpSecretId: second },
      { ...reader(theirs.workspaceId), otpSecretId: first },
      { ...reader(mine.workspaceId), otpSecretId: uuidv7() },
      { ...reader(mine.workspaceId), otpSecretId: first },
      { ...reader(mine.workspaceId), otpSecretId: first },
    ]);
    expect(rows.map((row) => row?.otpSecretId)).toEqual([second, undefined, undefined, first, first]);
    expect(rows[3]).toEqual({
      otpSecretId: first,
      credentialId: null,
      type: 'totp',
      algorithm: 'SHA512',
      digits: 8,
      period: 30,
      secret: Buffer.from([1, 2, 3]),
      dataKeyId: mine.dataKeyId,
      seedFingerprint: Buffer.alloc(32),
      exclusiveTimeSteps: false,
    });
    expect(rows[0]).toMatchObject({ period: 60, exclusiveTimeSteps: true });
    expect(await audited()).toHaveLength(3);
    expect(await readOtpSecrets(vault, [])).toEqual([]);
  });

  it('has written who read what when it answers', async () => {
    const id = await owner.asSystem((tx) => insertOtpSecret(tx, mine));
    await readOtpSecrets(vault, [{ ...reader(mine.workspaceId, 'request-7'), otpSecretId: id }]);
    expect(await audited()).toEqual([
      expect.objectContaining({
        workspaceId: mine.workspaceId,
        actorKind: 'api_key',
        actorId: 'key1',
        action: 'otp_secret.code_read',
        resourceType: 'otp_secret',
        resourceId: id,
        ip: '192.0.2.1',
        requestId: 'request-7',
        seq: null,
      }),
    ]);
  });

  it('shows a HOTP secret without an audit entry, since nothing is handed out for it here', async () => {
    const id = await owner.asSystem((tx) => insertOtpSecret(tx, mine, { type: 'hotp', period: null, counter: 5n }));
    const [row] = await readOtpSecrets(vault, [{ ...reader(mine.workspaceId), otpSecretId: id }]);
    expect(row).toMatchObject({ type: 'hotp', period: null });
    expect(await audited()).toEqual([]);
  });

  it('finds by permissioned user and domain, within the workspace', async () => {
    const pair = { permissionedUserId: 'agent', domain: 'github.com' };
    const credentialId = await owner.asSystem((tx) =>
      insertCredential(tx, mine, { ...pair, tfaMethod: 'AUTHENTICATOR' }),
    );
    const otpSecretId = await owner.asSystem((tx) => insertOtpSecret(tx, mine, { credentialId }));
    const byMail = { permissionedUserId: 'agent', domain: 'example.com' };
    const mailCredentialId = await owner.asSystem((tx) =>
      insertCredential(tx, mine, { ...byMail, tfaMethod: 'EMAIL' }),
    );
    const rows = await readCredentialOtpSecrets(vault, [
      { ...reader(theirs.workspaceId), ...pair },
      { ...reader(mine.workspaceId), ...pair },
      { ...reader(mine.workspaceId), ...byMail },
      { ...reader(mine.workspaceId), ...pair, domain: 'GitHub.com' },
    ]);
    expect(rows).toEqual([
      undefined,
      {
        credentialId,
        tfaMethod: 'AUTHENTICATOR',
        otpSecret: expect.objectContaining({ otpSecretId, credentialId, digits: 6, period: 30 }) as unknown,
      },
      { credentialId: mailCredentialId, tfaMethod: 'EMAIL', otpSecret: null },
      undefined,
    ]);
    expect(await audited()).toEqual([
      expect.objectContaining({ action: 'credential.code_read', resourceType: 'credential', resourceId: credentialId }),
    ]);
  });

  it('hands out no secret that the credential no longer uses', async () => {
    const pair = { permissionedUserId: 'agent', domain: 'changed.example' };
    const credentialId = await owner.asSystem((tx) => insertCredential(tx, mine, { ...pair, tfaMethod: 'SMS' }));
    await owner.asSystem((tx) => insertOtpSecret(tx, mine, { credentialId }));
    const rows = await readCredentialOtpSecrets(vault, [{ ...reader(mine.workspaceId), ...pair }]);
    expect(rows).toEqual([{ credentialId, tfaMethod: 'SMS', otpSecret: null }]);
    expect(await audited()).toEqual([]);
  });

  it('takes one index read per table and secret, and no scan', async () => {
    const pair = { permissionedUserId: 'agent', domain: 'plan.example' };
    const credentialId = await owner.asSystem((tx) =>
      insertCredential(tx, mine, { ...pair, tfaMethod: 'AUTHENTICATOR' }),
    );
    const otpSecretId = await owner.asSystem((tx) => insertOtpSecret(tx, mine, { credentialId }));
    const scans = async (work: (client: pg.Client) => Promise<unknown>) => {
      // The counters are the connection's until it reports them: a new one starts at none.
      const client = new pg.Client({ connectionString: database.urls.vault });
      await client.connect();
      try {
        await work(client);
        const { rows } = await client.query<{ table: string; seq: number; idx: number }>(
          `SELECT relname AS table, seq_scan::int AS seq, idx_scan::int AS idx FROM pg_stat_xact_user_tables
           WHERE relname IN ('otp_secret', 'credential', 'workspace') AND (seq_scan > 0 OR idx_scan > 0) ORDER BY relname`,
        );
        return rows;
      } finally {
        await client.end();
      }
    };
    const byId = await scans((client) => readOtpSecrets(client, [{ ...reader(mine.workspaceId), otpSecretId }]));
    expect(byId).toEqual([
      { table: 'otp_secret', seq: 0, idx: 1 },
      { table: 'workspace', seq: 0, idx: 1 },
    ]);
    const byPair = await scans((client) =>
      readCredentialOtpSecrets(client, [{ ...reader(mine.workspaceId), ...pair }]),
    );
    expect(byPair).toEqual([
      { table: 'credential', seq: 0, idx: 1 },
      { table: 'otp_secret', seq: 0, idx: 1 },
      { table: 'workspace', seq: 0, idx: 1 },
    ]);
  });
});
