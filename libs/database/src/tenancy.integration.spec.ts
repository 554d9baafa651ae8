import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { OwnerDatabase } from './database.js';
import { serviceRoles } from './roles.js';
import type { ServiceRole } from './roles.js';
import { tenantTables } from './testing/catalog.js';
import { insertEveryTable } from './testing/every-table.js';
import { createTestDatabase } from './testing/index.js';
import type { SeededWorkspace, TestDatabase } from './testing/index.js';

/** No query here has a `where`: what keeps workspaces apart is the database alone. */
describe('row-level security', () => {
  let database: TestDatabase;
  let ownerDatabase: OwnerDatabase;
  let owner: pg.Client;
  let mine: SeededWorkspace;
  let theirs: SeededWorkspace;
  let tables: { table: string; workspaceColumn: string }[];

  beforeAll(async () => {
    database = await createTestDatabase();
    ownerDatabase = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec' });
    mine = await ownerDatabase.asSystem(insertEveryTable);
    theirs = await ownerDatabase.asSystem(insertEveryTable);
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    tables = await tenantTables(owner);
  });
  afterAll(async () => {
    await owner.end();
    await ownerDatabase.close();
    await database.drop();
  });

  async function asService<T>(
    service: ServiceRole,
    workspaceId: string | undefined,
    work: (client: pg.Client) => Promise<T>,
  ): Promise<T> {
    const client = new pg.Client({ connectionString: database.urls[service] });
    await client.connect();
    try {
      await client.query('BEGIN');
      if (workspaceId !== undefined) {
        await client.query(`SELECT set_config('otpost.workspace_id', $1, true)`, [workspaceId]);
      }
      const result = await work(client);
      await client.query('ROLLBACK');
      return result;
    } finally {
      await client.end();
    }
  }

  /** Tables on which the role holds the privilege, for at least one column. */
  async function allowed(service: ServiceRole, privilege: 'SELECT' | 'UPDATE' | 'DELETE') {
    const hasPrivilege = privilege === 'DELETE' ? 'has_table_privilege' : 'has_any_column_privilege';
    const { rows } = await owner.query<{ table: string }>(
      `SELECT t AS table FROM unnest($1::text[]) AS t WHERE ${hasPrivilege}($2, t, $3)`,
      [tables.map(({ table }) => table), serviceRoles[service], privilege],
    );
    return tables.filter(({ table }) => rows.some((row) => row.table === table));
  }

  const services = Object.keys(serviceRoles) as ServiceRole[];

  it('is forced on every tenant table, with one policy for services and one for the owner', async () => {
    for (const { table, workspaceColumn } of tables) {
      const { rows } = await owner.query<Record<string, unknown>>(
        `SELECT c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
           (SELECT count(*)::int FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = $2 AND a.attnotnull) AS column
         FROM pg_class c WHERE c.oid = $1::regclass`,
        [table, workspaceColumn],
      );
      const column = table === 'idempotency_record' ? 0 : 1;
      expect({ table, ...rows[0] }).toEqual({ table, enabled: true, forced: true, column });

      const policies = await owner.query<Record<string, unknown>>(
        `SELECT policyname AS name, cmd, permissive, qual = with_check AS same, qual FROM pg_policies
         WHERE tablename = $1 AND policyname IN ('owner', 'tenant') ORDER BY policyname`,
        [table],
      );
      const every = { cmd: 'ALL', permissive: 'PERMISSIVE', same: true };
      expect({ table, policies: policies.rows }).toEqual({
        table,
        policies: [
          { name: 'owner', qual: 'true', ...every },
          { name: 'tenant', qual: `(${workspaceColumn} = current_workspace_id())`, ...every },
        ],
      });
    }
  });

  it('has no policies but those and the two exceptions', async () => {
    const { rows } = await owner.query(
      `SELECT tablename || '.' || policyname AS policy FROM pg_policies WHERE policyname NOT IN ('owner', 'tenant') ORDER BY 1`,
    );
    expect(rows).toEqual([{ policy: 'audit_entry.unsealed_only' }, { policy: 'idempotency_record.root' }]);
  });

  it('shows the owner the rows of every workspace', async () => {
    for (const { table, workspaceColumn } of tables) {
      const { rows } = await owner.query<{ id: string }>(`SELECT DISTINCT ${workspaceColumn} AS id FROM ${table}`);
      // A new table? Give it a row in testing/every-table.ts.
      expect({ table, workspaces: rows.map((row) => row.id).sort() }).toEqual({
        table,
        workspaces: [mine.workspaceId, theirs.workspaceId].sort(),
      });
    }
  });

  it.each(services)("shows %s only the rows of its transaction's workspace", async (service) => {
    const readable = await allowed(service, 'SELECT');
    expect(readable.length).toBeGreaterThan(1);
    for (const { table, workspaceColumn } of readable) {
      const seen = await asService(service, mine.workspaceId, (client) =>
        client.query<{ id: string }>(`SELECT DISTINCT ${workspaceColumn} AS id FROM ${table}`),
      );
      expect({ table, seen: seen.rows }).toEqual({ table, seen: [{ id: mine.workspaceId }] });
    }
  });

  it.each(services)('shows %s nothing when no workspace is set', async (service) => {
    for (const { table, workspaceColumn } of await allowed(service, 'SELECT')) {
      const seen = await asService(service, undefined, (client) =>
        client.query(`SELECT ${workspaceColumn} AS id FROM ${table}`),
      );
      expect({ table, seen: seen.rows }).toEqual({ table, seen: [] });
    }
  });

  it.each(services)("lets %s update and delete only rows of its transaction's workspace", async (service) => {
    for (const { table } of await allowed(service, 'UPDATE')) {
      if (table === 'audit_entry') continue; // grants.integration.spec.ts
      const { rows } = await owner.query<{ column: string }>(
        `SELECT column_name AS column FROM information_schema.column_privileges
         WHERE table_name = $1 AND grantee = $2 AND privilege_type = 'UPDATE' LIMIT 1`,
        [table, serviceRoles[service]],
      );
      const column = rows[0]?.column;
      const counts = await Promise.all(
        [mine.workspaceId, undefined].map((workspaceId) =>
          asService(service, workspaceId, async (client) => {
            return (await client.query(`UPDATE ${table} SET ${column} = ${column}`)).rowCount;
          }),
        ),
      );
      expect({ table, counts }).toEqual({ table, counts: [1, 0] });
    }
    for (const { table } of await allowed(service, 'DELETE')) {
      const count = await asService(
        service,
        undefined,
        async (client) => (await client.query(`DELETE FROM ${table}`)).rowCount,
      );
      expect({ table, count }).toEqual({ table, count: 0 });
    }
  });

  it.each([
    ['gateway', `INSERT INTO seat (id, workspace_id, email, updated_at) VALUES (gen_random_uuid(), $1, 'x', now())`],
    ['vault', `INSERT INTO audit_head (workspace_id, seq, hash) VALUES ($1, 1, '')`],
    ['vault', `UPDATE otp_secret SET workspace_id = $1`],
    ['ingestor', `UPDATE inbound_message SET workspace_id = $1`],
    ['dispatcher', `UPDATE challenge SET workspace_id = $1`],
    [
      'dispatcher',
      `INSERT INTO audit_entry (id, workspace_id, actor_kind, action, resource_type) VALUES (gen_random_uuid(), $1, 'a', 'b', 'c')`,
    ],
  ] as const)('refuses %s a row of another workspace: %s', async (service, sql) => {
    await expect(
      asService(service, mine.workspaceId, (client) => client.query(sql, [theirs.workspaceId])),
    ).rejects.toThrow('violates row-level security policy');
  });

  it('lets no row point into another workspace, though foreign keys are checked beyond it', async () => {
    const insert = (client: pg.Client) =>
      client.query(
        `INSERT INTO otp_secret (id, workspace_id, credential_id, type, label, period, secret, data_key_id, seed_fingerprint, updated_at)
         SELECT gen_random_uuid(), $1, $2, 'totp', 'x', 30, '', $3, '', now()`,
        [mine.workspaceId, theirCredential, mine.dataKeyId],
      );
    const { rows } = await owner.query<{ id: string }>('SELECT id FROM credential WHERE workspace_id = $1', [
      theirs.workspaceId,
    ]);
    const theirCredential = rows[0]?.id;
    await expect(asService('vault', mine.workspaceId, insert)).rejects.toThrow('violates foreign key constraint');
  });
});
