import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { defaultDirectory, migrate, MigrationError } from './migrate.js';
import { migrateCommand } from './migrate-command.js';
import { createTestDatabase } from './testing/index.js';
import type { TestDatabase } from './testing/index.js';
import { diagnoseMigrations } from './testing/schema-changes.js';

describe('migrate', () => {
  let database: TestDatabase;
  let directory: string;

  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    directory = await mkdtemp(`${tmpdir()}/otpost-migrations-`);
    await cp(defaultDirectory, directory, { recursive: true });
  });
  afterEach(async () => {
    await database.drop();
    await rm(directory, { recursive: true });
  });

  const run = () => migrate({ ownerUrl: database.ownerUrl, directory });

  async function query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async function addMigration(name: string, sql: string): Promise<void> {
    await mkdir(`${directory}/${name}`);
    await writeFile(`${directory}/${name}/migration.sql`, sql);
  }

  it('applies every migration in order, and nothing the second time', async () => {
    const names = (await readdir(directory)).filter((name) => name !== 'migration_lock.toml').sort();
    expect(await run()).toEqual(names);
    expect(await run()).toEqual([]);
    await addMigration('29990101000000_later', 'CREATE TABLE later (id int)');
    expect(await run()).toEqual(['29990101000000_later']);
  });

  it('leaves records that Prisma takes for its own', async () => {
    await run();
    const records = await query<{
      migration_name: string;
      checksum: string;
      applied_steps_count: number;
      done: boolean;
    }>(
      `SELECT migration_name, checksum, applied_steps_count, finished_at >= started_at AS done FROM _prisma_migrations`,
    );
    for (const record of records) {
      const file = await readFile(`${directory}/${record.migration_name}/migration.sql`);
      expect(record.checksum).toBe(createHash('sha256').update(file).digest('hex'));
      expect(record).toMatchObject({ applied_steps_count: 1, done: true });
    }
    expect(await diagnoseMigrations(database.ownerUrl)).toMatchObject({
      hasMigrationsTable: true,
      history: null,
      editedMigrationNames: [],
      failedMigrationNames: [],
    });
  });

  it('applies each migration once when several runners start together', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, run));
    expect(applied.flat().sort()).toEqual([...new Set(applied.flat())].sort());
    const records = await query(`SELECT migration_name FROM _prisma_migrations`);
    expect(records).toHaveLength(applied.flat().length);
  });

  it('refuses a file that was changed after it had been applied, by name', async () => {
    const [first] = await run();
    await writeFile(`${directory}/${first}/migration.sql`, 'SELECT 1');
    await expect(run()).rejects.toThrow(MigrationError);
    await expect(run()).rejects.toThrow(`${first} was changed after it had been applied`);
  });

  it('leaves nothing of a migration that fails, and says where it failed', async () => {
    await run();
    await addMigration('29990101000000_half', 'CREATE TABLE half (id int);\n\nSELECT no_such_column FROM half;');
    await expect(run()).rejects.toThrow('29990101000000_half failed: line 3: column "no_such_column" does not exist');
    expect(await query(`SELECT FROM pg_class WHERE relname = 'half'`)).toHaveLength(0);
    expect(await query(`SELECT FROM _prisma_migrations WHERE migration_name LIKE '%half'`)).toHaveLength(0);
    await writeFile(`${directory}/29990101000000_half/migration.sql`, 'CREATE TABLE half (id int)');
    expect(await run()).toEqual(['29990101000000_half']);
  });

  it('lets an older release run beside a newer schema', async () => {
    await addMigration('29990101000000_newer', 'SELECT 1');
    await run();
    await rm(`${directory}/29990101000000_newer`, { recursive: true });
    expect(await run()).toEqual([]);
  });

  it('stops at a migration that another tool left half done', async () => {
    await run();
    await addMigration('29990101000000_stuck', 'SELECT 1');
    await query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'y', '29990101000000_stuck')`,
    );
    await expect(run()).rejects.toThrow('prisma migrate resolve');
  });
});

describe('the migrate command', () => {
  let database: TestDatabase;
  let lines: string[];
  beforeEach(async () => {
    database = await createTestDatabase({ empty: true });
    lines = [];
  });
  afterEach(() => database.drop());

  const passwords = {
    OTPOST_GATEWAY_DB_PASSWORD: 'otpost-test',
    OTPOST_VAULT_DB_PASSWORD: 'otpost-test',
    OTPOST_INGESTOR_DB_PASSWORD: 'otpost-test',
    OTPOST_DISPATCHER_DB_PASSWORD: 'otpost-test',
  };
  const run = (environment: Record<string, string>) => migrateCommand(environment, (line) => lines.push(line));

  it('migrates, lets the services log in, and prints progress but no password', async () => {
    expect(await run({ DATABASE_OWNER_URL: database.ownerUrl, ...passwords })).toBe(0);
    expect(lines.join('\n')).toMatch(
      /applying \d+_tables[^]*schema migrated[^]*roles ready: otpost_gateway, otpost_vault/,
    );
    expect(lines.join('\n')).not.toContain('otpost-test');
    const client = new pg.Client({ connectionString: database.urls.vault });
    await client.connect();
    await client.end();
  });

  it('names the variable that is missing', async () => {
    expect(await run({})).toBe(2);
    expect(lines.pop()).toContain('DATABASE_OWNER_URL');
    expect(await run({ DATABASE_OWNER_URL: database.ownerUrl, OTPOST_VAULT_DB_PASSWORD: 'x' })).toBe(2);
    expect(lines.pop()).toContain('OTPOST_GATEWAY_DB_PASSWORD, OTPOST_INGESTOR_DB_PASSWORD');
  });

  it('leaves the roles alone when no password is given', async () => {
    expect(await run({ DATABASE_OWNER_URL: database.ownerUrl })).toBe(0);
    expect(lines.pop()).toContain('roles left as they are');
  });

  it('ends with 1 and the reason when the database is out of reach', async () => {
    expect(await run({ DATABASE_OWNER_URL: 'postgresql://nobody:secret@127.0.0.1:1/none' })).toBe(1);
    expect(lines.pop()).toMatch(/^migrate: .*ECONNREFUSED/);
    expect(lines.join()).not.toContain('secret');
  });
});
