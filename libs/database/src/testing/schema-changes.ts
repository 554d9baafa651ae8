import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { SqlMigrationAwareDriverAdapterFactory, SqlQuery } from '@prisma/driver-adapter-utils';
import * as schemaEngine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { defaultDirectory } from '../migrate.js';

/**
 * The SQL that leads from what the migrations make to what schema.prisma says; empty: they agree. `emptyDatabaseUrl` leads to an
 * empty database, on which the migrations are replayed. Prisma sees no checks, partial indices, policies, grants or functions.
 */
export async function pendingSchemaChanges(emptyDatabaseUrl: string, schema = readSchema()): Promise<string> {
  const pool = new pg.Pool({ connectionString: emptyDatabaseUrl, max: 1 });
  try {
    const file = { path: 'schema.prisma', content: schema };
    const engine = await startSchemaEngine(file, adapterFactory(pool));
    const { stdout } = await engine.diff({
      from: { tag: 'migrations', ...readMigrations() },
      to: { tag: 'schemaDatamodel', files: [file] },
      script: true,
      exitCode: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    const sql = (stdout ?? '').trim();
    return sql === '-- This is an empty migration.' ? '' : sql;
  } finally {
    await pool.end();
  }
}

/** What `prisma migrate status` would find. */
export async function diagnoseMigrations(databaseUrl: string): Promise<schemaEngine.DiagnoseMigrationHistoryOutput> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const engine = await startSchemaEngine({ path: 'schema.prisma', content: readSchema() }, adapterFactory(pool));
    return await engine.diagnoseMigrationHistory({
      migrationsList: readMigrations(),
      optInToShadowDatabase: false,
      filters: { externalTables: [], externalEnums: [] },
    });
  } finally {
    await pool.end();
  }
}

export function readSchema(): string {
  return readFileSync(`${defaultDirectory}/../schema.prisma`, 'utf8');
}

function readMigrations(): schemaEngine.MigrationList {
  const names = readdirSync(defaultDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: defaultDirectory,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(`${defaultDirectory}/migration_lock.toml`, 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => {
      const value = readFileSync(`${defaultDirectory}/${name}/migration.sql`, 'utf8');
      return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } };
    }),
  };
}

/**
 * Prisma's own adapter, with two changes that its schema engine needs to read a live database: "char" columns (the catalog has them)
 * are characters, and a script is sent whole (the adapter cuts it at every semicolon, also inside a function's body).
 */
function adapterFactory(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const charOid = 18;
  const textOid = 25;
  let isChar: boolean[] = [];
  const query = pool.query.bind(pool);
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig) => {
      const result = await query(config);
      isChar = result.fields.map((field) => field.dataTypeID === charOid);
      for (const field of result.fields) if (field.dataTypeID === charOid) field.dataTypeID = textOid;
      return result;
    },
  });
  const connect = async () => {
    const adapter = await new PrismaPg(pool).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    return Object.assign(adapter, {
      executeScript: async (script: string) => {
        await query(script);
      },
      queryRaw: async (sql: SqlQuery) => {
        const result = await queryRaw(sql);
        const columnTypes = result.columnTypes.map((type, index) => (isChar[index] ? ColumnTypeEnum.Character : type));
        return { ...result, columnTypes };
      },
    });
  };
  return { provider: 'postgres', adapterName: '@prisma/adapter-pg', connect, connectToShadowDb: connect };
}

async function startSchemaEngine(
  schema: schemaEngine.SchemaContainer,
  factory: SqlMigrationAwareDriverAdapterFactory,
): Promise<schemaEngine.SchemaEngine> {
  instantiateOnce();
  return schemaEngine.SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factory),
  );
}

let instantiated = false;

/** The package's own entry imports the .wasm file, which Node 20 cannot. */
function instantiateOnce(): void {
  if (instantiated) return;
  instantiated = true;
  const require = createRequire(import.meta.url);
  const wasmFile = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const { WebAssembly } = globalThis as unknown as WithWebAssembly;
  const module = new WebAssembly.Module(readFileSync(wasmFile));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': schemaEngine });
  (schemaEngine as unknown as { __wbg_set_wasm(exports: unknown): void }).__wbg_set_wasm(exports);
  exports.__wbindgen_start();
}

/** What is used of the global: TypeScript declares it with the DOM only. */
interface WithWebAssembly {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (module: object, imports: Record<string, object>) => { exports: { __wbindgen_start(): void } };
  };
}
