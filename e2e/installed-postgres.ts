import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.js';
import { until } from './inbound-senders.js';

/** An empty PostgreSQL server, as one finds it: a database `otpost`, and its owner who may make roles and is no superuser. */
export interface EmptyServer {
  /** postgresql:// of the owner. */
  ownerUrl: string;
  /** Stops it and removes all that it had. Once more does nothing. */
  destroy(): Promise<void>;
}

/** Folder of the programs of the newest PostgreSQL that is installed; undefined where there is none from 15 on. */
export function installedPostgres(): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  return versions
    .filter((version) => Number(version) >= 15)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => `/usr/lib/postgresql/${version}/bin`)
    .find((folder) => ['postgres', 'initdb', 'pg_dump', 'pg_restore'].every((name) => existsSync(join(folder, name))));
}

export async function emptyServer(programs: string): Promise<EmptyServer> {
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), 'otpost-server-'));
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  writeFileSync(join(folder, 'password'), 'superuser-of-this-test', { mode: 0o644 });
  const how = ['--username=admin', '--auth=scram-sha-256', `--pwfile=${join(folder, 'password')}`, '--no-sync'];
  const args = [`--pgdata=${data}`, '--encoding=UTF8', '--locale=C', ...how];
  await promisify(execFile)(join(programs, 'initdb'), args, { ...account, cwd: folder });
  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...account, cwd: folder, stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = (user: string, password: string, database: string) =>
    `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
  const admin = await until('PostgreSQL', async () => {
    const client = new pg.Client({ connectionString: url('admin', 'superuser-of-this-test', 'postgres') });
    return client.connect().then(
      () => client,
      () => undefined,
    );
  });
  await admin.query(`CREATE ROLE otpost LOGIN CREATEROLE PASSWORD 'owner-of-this-test'`);
  await admin.query('CREATE DATABASE otpost OWNER otpost');
  await admin.end();
  return {
    ownerUrl: url('otpost', 'owner-of-this-test', 'otpost'),
    destroy: async () => {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses root. */
function accountOf(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
