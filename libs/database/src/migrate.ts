import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export interface MigrateOptions {
  /** postgresql:// of the role that owns the schema. */
  ownerUrl: string;
  /** Folder of migrations in Prisma's format. Default: the repository's `prisma/migrations`. */
  directory?: string;
  /** Told what happens, one line each. */
  onProgress?: (line: string) => void;
}

/** A migration cannot be applied, or the database and the folder disagree. The database is as it was after the last good migration. */
export class MigrationError extends Error {
  constructor(
    message: string,
    readonly migrationName: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MigrationError';
  }
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface AppliedMigration {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/** The key under which Prisma's own tools take their lock, so that they and we wait for each other. */
const advisoryLockKey = 72_707_369;

const createRecords = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY NOT NULL,
    checksum varchar(64) NOT NULL,
    finished_at timestamptz,
    migration_name varchar(255) NOT NULL,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

/**
 * Brings the database up to date and returns the names of the migrations applied now (none: it already was). Each file runs in one
 * transaction with its record, so a failed one leaves nothing; concurrent runners wait for each other; what Prisma's tools
 * read (`_prisma_migrations`, checksum = SHA-256 of the file) is what they would have written.
 * @throws MigrationError a file fails, or was changed after it had been applied, or Prisma's tools left a failed one behind.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const progress = options.onProgress ?? (() => undefined);
  const migrations = await readMigrations(options.directory ?? defaultDirectory);
  const client = new pg.Client({ connectionString: options.ownerUrl, application_name: 'otpost-migrate' });
  // A broken connection also fails the statement in flight, which is where it is reported.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const appliedNow: string[] = [];
    for (;;) {
      const name = await applyNext(client, migrations, progress);
      if (name === undefined) break;
      appliedNow.push(name);
    }
    progress(appliedNow.length === 0 ? `schema up to date (${migrations.length} migrations)` : 'schema migrated');
    return appliedNow;
  } finally {
    await client.end();
  }
}

/** The lock is the transaction's, so that a pooler in between cannot leave it behind. */
async function applyNext(
  client: pg.Client,
  migrations: readonly Migration[],
  progress: (line: string) => void,
): Promise<string | undefined> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLockKey]);
    await client.query('SET LOCAL client_min_messages = warning');
    await client.query(createRecords);
    const next = firstPending(migrations, await readApplied(client));
    if (next !== undefined) {
      progress(`applying ${next.name}`);
      await apply(client, next);
    }
    await client.query('COMMIT');
    return next?.name;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  try {
    await client.query(migration.sql);
  } catch (error) {
    throw new MigrationError(`migration ${migration.name} failed: ${describe(error, migration.sql)}`, migration.name, {
      cause: error,
    });
  }
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, $4, clock_timestamp(), 1)`,
    [randomUUID(), migration.checksum, migration.name, rows[0]?.now],
  );
}

async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  );
  return rows;
}

/** Records of files that this release does not have are left alone: an older release may run beside a newer schema. */
function firstPending(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration | undefined {
  const byName = new Map(applied.map((record) => [record.migration_name, record]));
  let pending: Migration | undefined;
  for (const migration of migrations) {
    const record = byName.get(migration.name);
    if (record === undefined) {
      pending ??= migration;
    } else if (record.finished_at === null) {
      throw new MigrationError(
        `migration ${migration.name} was begun by another tool and failed; resolve it with "prisma migrate resolve"`,
        migration.name,
      );
    } else if (record.checksum !== migration.checksum) {
      throw new MigrationError(
        `migration ${migration.name} was changed after it had been applied; restore the file and add a new migration`,
        migration.name,
      );
    }
  }
  return pending;
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(`${directory}/${name}/migration.sql`);
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

function describe(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error ? error.message : String(error);
  const line = error.position === undefined ? undefined : sql.slice(0, Number(error.position)).split('\n').length;
  return line === undefined ? error.message : `line ${line}: ${error.message}`;
}

/** Both `src/` and `dist/` lie three folders below the repository's root. */
export const defaultDirectory = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
