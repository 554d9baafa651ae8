import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { Prisma, PrismaClient } from './generated/client.js';
import { orUnavailable } from './unavailable.js';

export interface DatabaseOptions {
  /** postgresql:// with the role of this service. */
  url: string;
  /** Shown in pg_stat_activity: the service's name. */
  applicationName: string;
  /** Connections this process may hold, Prisma and prepared SQL together. Default 10. */
  connections?: number;
  /** After which PostgreSQL gives a statement up. Default 15 s. */
  statementTimeoutMs?: number;
  /** Told when an idle connection breaks (the pool replaces it). */
  onConnectionError?: (error: Error) => void;
}

/** What runs inside a transaction: the Prisma client without connect, disconnect and nested transactions. */
export type Transaction = Prisma.TransactionClient;

export interface TransactionOptions {
  /** How long the work may take before it is rolled back. Default 10 s. */
  timeoutMs?: number;
  isolationLevel?: Prisma.TransactionIsolationLevel;
}

/** One service's connections to PostgreSQL: `prisma` and, for prepared SQL on the hot path, `pool`; both draw on the same pool. */
export class Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;

  constructor(options: DatabaseOptions) {
    this.pool = new pg.Pool(poolConfig(options));
    const onError = options.onConnectionError ?? (() => undefined);
    this.pool.on('error', onError);
    this.prisma = withoutValuesInErrors(new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' }));
  }

  /**
   * Runs `work` in one transaction that sees and writes only this workspace's rows. Row-level security holds it to that, so a
   * forgotten `where` finds nothing of others. The setting ends with the transaction and never reaches the next user of the connection.
   */
  async withWorkspace<T>(
    workspaceId: string,
    work: (tx: Transaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    return this.transaction(async (tx) => {
      await setWorkspace(tx, workspaceId);
      return work(tx);
    }, options);
  }

  /** One transaction with no workspace set: for calls with the root key. Tenant tables look empty until `setWorkspace`. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const settings = {
      maxWait: 5_000,
      timeout: options.timeoutMs ?? 10_000,
      ...(options.isolationLevel === undefined ? {} : { isolationLevel: options.isolationLevel }),
    };
    return orUnavailable(this.prisma.$transaction(work, settings));
  }

  /** Resolves when PostgreSQL answers: for readiness checks. */
  async ping(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  /** Waits for statements in flight, then closes every connection. */
  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
  }
}

/** Connections as the role that owns the schema (`DATABASE_OWNER_URL`): for migrations and the vault, which work across workspaces. */
export class OwnerDatabase extends Database {
  /** One transaction that sees the rows of every workspace. */
  async asSystem<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return this.transaction(work, options);
  }
}

/** Makes `workspaceId` the workspace of the rest of this transaction; row-level security compares with it. */
export async function setWorkspace(tx: Transaction, workspaceId: string): Promise<void> {
  await tx.$queryRaw`SELECT set_config('otpost.workspace_id', ${workspaceId}, true)`;
}

/**
 * A query that Prisma refuses before it is sent is printed whole in the error, values included, and errors are logged. Its
 * explanation ("Unknown argument `x`") is the last paragraph; what that names of the query are fields.
 */
function withoutValuesInErrors(client: PrismaClient): PrismaClient {
  const extended = client.$extends({
    query: {
      async $allOperations({ model, operation, args, query }): Promise<unknown> {
        try {
          return (await query(args)) as unknown;
        } catch (error) {
          if (!(error instanceof Prisma.PrismaClientValidationError)) throw error;
          const named = error.message.match(/(?:[Aa]rgument|field) `\w+`/g) ?? [];
          // Its cause would be what must not be shown.
          // eslint-disable-next-line preserve-caught-error
          throw new TypeError(`refused query ${model ?? 'raw'}.${operation}: ${[...new Set(named)].join(', ')}`);
        }
      },
    },
  });
  // The extension changes no signature, though the type of an extended client is another one.
  return extended as unknown as PrismaClient;
}

function poolConfig(options: DatabaseOptions): pg.PoolConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connections ?? 10,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    // Prisma's adapter drops the offset of a timestamptz, and so is right only where the session's zone is UTC.
    options: '-c timezone=UTC',
  };
}
