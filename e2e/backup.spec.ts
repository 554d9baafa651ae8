import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { call } from './api.js';
import { rememberSecret } from './canary.js';
import { awaitCode, makeEntry, readCode, sendMail, someCode, until, type Entry } from './inbound-senders.js';
import { hotpAt, totpBetween } from './independent-totp.mjs';
import { emptyServer, installedPostgres, type EmptyServer } from './installed-postgres.js';
import { createWorkspace, startSystem, testFolder, type OwnSystem, type Workspace } from './system.js';

/** As docs/backup.md has it: what is dumped, what is kept beside it, and what is made anew. */
const programs = installedPostgres();
const withPostgres = programs === undefined ? describe.skip : describe;
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

let server: EmptyServer;
let another: Promise<EmptyServer>;
let system: OwnSystem;
let workspace: Workspace;
let entry: Entry;
let unread: string;
const ids = { totp: '', hotp: '' };

const run = (program: string, ...args: string[]) =>
  execFileSync(join(programs ?? '', program), args, { stdio: ['ignore', 'pipe', 'pipe'] });
const get = <Body>(path: string) => call<Body>(system, path, { key: workspace.apiKey });
const takeHotp = () =>
  call<{ counter: number; code: string }>(system, `/v1/otp-secrets/${ids.hotp}/code`, {
    method: 'POST',
    key: workspace.apiKey,
  });

async function store(type: string): Promise<string> {
  const body = { type, label: type, secret };
  return (await call<{ id: string }>(system, '/v1/otp-secrets', { key: workspace.apiKey, body })).body.id;
}

async function newest(): Promise<unknown> {
  return (await readCode(system, workspace.apiKey, 'backup.example')).body['code'];
}

async function mail(): Promise<string> {
  const code = someCode();
  await sendMail(system, { to: entry.tfa_email, text: `Your verification code is ${code}.` });
  return code;
}

withPostgres('a backup, restored on an empty machine (skipped where PostgreSQL is not installed)', () => {
  beforeAll(async () => {
    rememberSecret('backup secret', secret);
    const backup = join(testFolder(), 'backup');
    mkdirSync(backup);
    const [keyring, hookKey, dump] = ['keyring.json', 'hook.key', 'otpost.dump'].map((name) => join(backup, name)) as [
      string,
      string,
      string,
    ];

    another = emptyServer(programs ?? '');
    server = await emptyServer(programs ?? '');
    system = await startSystem({ environment: { DATABASE_URL: server.ownerUrl } });
    workspace = await createWorkspace(system);
    [ids.totp, ids.hotp, entry] = [
      await store('totp'),
      await store('hotp'),
      await makeEntry(system, workspace, 'backup.example'),
    ];
    for (const counter of [0, 1, 2]) expect((await takeHotp()).body.counter).toBe(counter);
    await mail();
    await awaitCode(system, workspace.apiKey, 'backup.example');
    unread = await mail();

    // While everything runs. The keys after the database: a key that is in the dump is then in the keyring.
    run('pg_dump', '--format=custom', '--enable-row-security', `--file=${dump}`, server.ownerUrl);
    copyFileSync(join(system.home, 'keyring.json'), keyring);
    copyFileSync(join(system.home, 'hook.key'), hookKey);

    await system.end();
    await server.destroy();
    rmSync(system.home, { recursive: true });

    server = await another;
    const owner = new pg.Client({ connectionString: server.ownerUrl });
    await owner.connect();
    for (const service of ['gateway', 'vault', 'ingestor', 'dispatcher'])
      await owner.query(`CREATE ROLE otpost_${service}`);
    await owner.end();
    run('pg_restore', '--no-owner', '--exit-on-error', '--single-transaction', `--dbname=${server.ownerUrl}`, dump);
    system = await startSystem({
      environment: { DATABASE_URL: server.ownerUrl, OTPOST_KEYRING_FILE: keyring, OTPOST_HOOK_KEY_FILE: hookKey },
    });
  }, 120_000);

  afterAll(async () => {
    await system?.end();
    await server?.destroy();
    await (await another)?.destroy();
  }, 60_000);

  it('serves the codes of the same authenticators, to the same API keys', async () => {
    const from = Date.now();
    const { status, body } = await get<{ code: string }>(`/api/v2/totp/code/${ids.totp}`);
    expect(status).toBe(200);
    expect(totpBetween({ secret }, from, Date.now())).toContain(body.code);
  });

  it('goes on with the counter of a key fob where it was', async () => {
    expect((await takeHotp()).body).toMatchObject({ counter: 3, code: hotpAt({ secret, digits: 6 }, 3) });
  });

  it('still has the code that was mailed and not read, and takes mail for the same inbox', async () => {
    await until('the code from before', async () => ((await newest()) === unread ? true : undefined));
    const code = await mail();
    await until('the code that was mailed now', async () => ((await newest()) === code ? true : undefined));
  });

  it('has the whole audit, whose chain holds', async () => {
    const { body } = await get<{ items: { action: string }[] }>('/v1/audit?limit=100');
    expect(body.items.map(({ action }) => action)).toContain('workspace.created');
    expect((await get('/v1/audit/verify')).body).toMatchObject({ valid: true });
  });

  it('keeps tenants apart as before', async () => {
    const other = await createWorkspace(system);
    expect((await call(system, `/api/v2/totp/code/${ids.totp}`, { key: other.apiKey })).status).toBe(404);
    const gateway = new pg.Client({ connectionString: server.ownerUrl });
    await gateway.connect();
    await gateway.query('GRANT otpost_vault TO CURRENT_USER');
    await gateway.query('SET ROLE otpost_vault');
    expect((await gateway.query('SELECT id FROM workspace')).rows).toEqual([]);
    await gateway.end();
  });
});
