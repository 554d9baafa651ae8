import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OwnerDatabase } from '@otpost/database';
import { SweepLoop, type Logger } from '@otpost/platform';
import { readHeads, readUnsealed, sealEntries, takeSealing, writeBatch, type Sql } from './seal-batch.js';

/** Entries of one transaction: its work is a few milliseconds on the event loop that codes are served from too. */
const batchSize = 500;
const everyMs = 200;
const lowestId = '00000000-0000-0000-0000-000000000000';

/**
 * Numbers and chains what has been committed to the audit, within a second, and counts it for usage in the same transaction. Every
 * vault runs one; the database lets one at a time. What is not sealed yet is found by its index, so nothing needs to be handed over when a
 * replica dies, and entries that become visible late are sealed late, in the order they are found.
 */
@Injectable()
export class AuditSealer implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loop: SweepLoop;
  /** Where the next batch begins, so that one workspace with a long queue does not keep the others waiting. */
  #afterWorkspaceId = lowestId;

  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject('LOGGER') logger: Logger,
  ) {
    this.#loop = new SweepLoop({
      name: 'audit_sealer',
      everyMs,
      sweep: async () => (await this.sealBatch()) === batchSize,
      logger,
    });
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves when the batch under way has ended. Whatever is left, another replica or the next start finds. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** Seals one batch. @returns how many entries; null when another sealer is at it */
  async sealBatch(): Promise<number | null> {
    // Idle, this is all that happens: one read of the first entry of a small index.
    const { rowCount } = await this.owner.pool.query({
      name: 'first_unsealed_audit_entry',
      text: 'SELECT id FROM audit_entry WHERE seq IS NULL ORDER BY workspace_id, id LIMIT 1',
    });
    return rowCount === 0 ? 0 : this.#sealSome();
  }

  async #sealSome(): Promise<number | null> {
    return this.#transaction(async (sql) => {
      if (!(await takeSealing(sql))) return null;
      let rows = await readUnsealed(sql, this.#afterWorkspaceId, batchSize);
      if (rows.length === 0) rows = await readUnsealed(sql, lowestId, batchSize);
      if (rows.length === 0) return 0;
      const heads = await readHeads(sql, [...new Set(rows.map((row) => row.workspace_id))]);
      await writeBatch(sql, sealEntries(rows, heads));
      this.#afterWorkspaceId = rows.length === batchSize ? (rows.at(-1)?.workspace_id ?? lowestId) : lowestId;
      return rows.length;
    });
  }

  async #transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.owner.pool.connect();
    // Tells of a connection that breaks between two statements; the next statement fails, and that is enough.
    const ignore = () => undefined;
    client.on('error', ignore);
    let failed = true;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      failed = false;
      return result;
    } finally {
      client.off('error', ignore);
      // A connection in an unknown state is closed, which rolls back.
      client.release(failed);
    }
  }
}
