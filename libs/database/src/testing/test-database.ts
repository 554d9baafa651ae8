import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { defaultDirectory, migrate } from '../migrate.js';
import { ensureRoles, serviceRoles } from '../roles.js';
import type { ServiceRole } from '../roles.js';

/** A migrated database of its own for one spec file, and the URLs to reach it as each role. */
export interface TestDatabase {
  name: string;
  /** The role that owns the schema: no superuser, as in a managed PostgreSQL. */
  ownerUrl: string;
  urls: Readonly<Record<ServiceRole, string>>;
  /** Closes whatever is still connected, and deletes the database. */
  drop(): Promise<void>;
}

const ownerRole = 'otpost_test_owner';
/** Of throw-away servers on loopback only. */
const password = 'otpost-test';

/**
 * Makes a database from a template that is migrated once per server and state of the migrations. `serverUrl` leads to a throw-away
 * PostgreSQL, as a superuser; default: OTPOST_TEST_DATABASE_URL.
 */
export async function createTestDatabase(options: { serverUrl?: string; empty?: boolean } = {}): Promise<TestDatabase> {
  const serverUrl = options.serverUrl ?? serverUrlFromEnvironment();
  const name = `otpost_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await withServer(serverUrl, async (server) => {
    await underLock(server, () => ensureOwner(server));
    const template = options.empty === true ? 'template0' : await ensureTemplate(server, serverUrl);
    await server.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${ownerRole}`);
  });
  const urls = Object.fromEntries(
    Object.entries(serviceRoles).map(([service, role]) => [service, urlOf(serverUrl, name, role)]),
  ) as Record<ServiceRole, string>;
  return {
    name,
    ownerUrl: urlOf(serverUrl, name, ownerRole),
    urls,
    drop: () =>
      withServer(serverUrl, async (server) => {
        await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/** Built under another name, then renamed: one that is there is complete. */
async function ensureTemplate(server: pg.Client, serverUrl: string): Promise<string> {
  const template = `otpost_template_${migrationsDigest()}`;
  await underLock(server, async () => {
    const { rowCount } = await server.query('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (rowCount !== 0) return;
    const building = `${template}_building`;
    await server.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`);
    await server.query(`CREATE DATABASE ${building} TEMPLATE template0 OWNER ${ownerRole}`);
    const ownerUrl = urlOf(serverUrl, building, ownerRole);
    await migrate({ ownerUrl });
    await ensureRoles(ownerUrl, { gateway: password, vault: password, ingestor: password, dispatcher: password });
    await server.query(`ALTER DATABASE ${building} RENAME TO ${template}`);
  });
  return template;
}

async function ensureOwner(server: pg.Client): Promise<void> {
  const { rows } = await server.query<{ rolname: string; rolcanlogin: boolean }>(
    `SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname = $1 OR rolname = ANY ($2)`,
    [ownerRole, Object.values(serviceRoles)],
  );
  if (rows.some((role) => role.rolname === ownerRole)) return;
  if (rows.some((role) => role.rolcanlogin)) {
    throw new Error(
      'this server has roles of a deployment: tests would change their passwords. Use a throw-away server',
    );
  }
  await server.query(`CREATE ROLE ${ownerRole} LOGIN CREATEROLE CREATEDB PASSWORD '${password}'`);
  for (const role of Object.values(serviceRoles)) await server.query(`DROP ROLE IF EXISTS ${role}`);
}

/** Of the server, not of one database: spec files run in several processes. */
async function underLock(server: pg.Client, work: () => Promise<void>): Promise<void> {
  await server.query('SELECT pg_advisory_lock(7267)');
  try {
    await work();
  } finally {
    await server.query('SELECT pg_advisory_unlock(7267)');
  }
}

async function withServer(serverUrl: string, work: (server: pg.Client) => Promise<void>): Promise<void> {
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

function migrationsDigest(): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(defaultDirectory, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (entry.isDirectory())
      hash.update(entry.name).update(readFileSync(`${defaultDirectory}/${entry.name}/migration.sql`));
  }
  return hash.digest('hex').slice(0, 16);
}

function urlOf(serverUrl: string, database: string, role: string): string {
  const url = new URL(serverUrl);
  url.username = role;
  url.password = password;
  url.pathname = `/${database}`;
  return url.href;
}

function serverUrlFromEnvironment(): string {
  // Only specs come here; the services' configuration has no such variable.
  // eslint-disable-next-line no-restricted-properties
  const url = process.env['OTPOST_TEST_DATABASE_URL'];
  if (url === undefined || url === '') {
    throw new Error('OTPOST_TEST_DATABASE_URL is not set: the URL of a throw-away PostgreSQL, as a superuser');
  }
  return url;
}
