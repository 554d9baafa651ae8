import pg from 'pg';
import { scramVerifier } from './scram.js';

/** The role that each service connects with. */
export const serviceRoles = {
  gateway: 'otpost_gateway',
  vault: 'otpost_vault',
  ingestor: 'otpost_ingestor',
  dispatcher: 'otpost_dispatcher',
} as const;

export type ServiceRole = keyof typeof serviceRoles;

/**
 * Lets the four service roles log in with these passwords (printable ASCII), creating them where the migrations have not. Grants on
 * tables are the migrations'. PostgreSQL is sent SCRAM-SHA-256 verifiers (RFC 5803), so that no password reaches its log.
 * Needs CREATEROLE only.
 * @throws Error a password is not printable ASCII, or a role could pass row-level security.
 */
export async function ensureRoles(ownerUrl: string, passwords: Readonly<Record<ServiceRole, string>>): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'otpost-migrate' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    const database = client.escapeIdentifier(rows[0]?.name ?? '');
    for (const [service, role] of Object.entries(serviceRoles) as [ServiceRole, string][]) {
      await ensureRole(client, role, scramVerifier(passwords[service]));
      await againIfConcurrent(() => client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`));
    }
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, role: string, verifier: string): Promise<void> {
  const { rows } = await client.query<{ too_mighty: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS too_mighty FROM pg_roles WHERE rolname = $1',
    [role],
  );
  if (rows[0]?.too_mighty === true) {
    throw new Error(`role ${role} is a superuser or has BYPASSRLS: row-level security would not bind it`);
  }
  const password = client.escapeLiteral(verifier);
  if (rows.length === 0) {
    // Duplicate object, or its unique index: made meanwhile for another database of the cluster.
    await ignoring(['42710', '23505'], () => client.query(`CREATE ROLE ${role}`));
  }
  await againIfConcurrent(() => client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${password}`));
}

/** Another runner (perhaps for another database of the cluster) may be changing the same row; it has committed when this is told. */
async function againIfConcurrent(statement: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await statement();
      return;
    } catch (error) {
      const concurrent = error instanceof pg.DatabaseError && error.message === 'tuple concurrently updated';
      if (!concurrent || attempt === 20) throw error;
    }
  }
}

async function ignoring(sqlStates: readonly string[], statement: () => Promise<unknown>): Promise<void> {
  try {
    await statement();
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || !sqlStates.includes(error.code ?? '')) throw error;
  }
}
