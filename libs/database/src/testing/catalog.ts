import type pg from 'pg';

/** Tables that belong to the deployment and to no workspace. */
export const deploymentTables = ['_prisma_migrations', 'vault_key_pair'];

/** Every table of the schema that holds rows of workspaces, with the column that says whose: found, not listed. */
export async function tenantTables(owner: pg.Client): Promise<{ table: string; workspaceColumn: string }[]> {
  const { rows } = await owner.query<{ table: string }>(
    `SELECT relname AS table FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> ALL ($1) ORDER BY relname`,
    [deploymentTables],
  );
  return rows.map(({ table }) => ({ table, workspaceColumn: table === 'workspace' ? 'id' : 'workspace_id' }));
}
