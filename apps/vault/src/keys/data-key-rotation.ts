import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { AppError, notFound, type Caller } from '@otpost/contracts';
import { OwnerDatabase, type Transaction } from '@otpost/database';
import { recordAudit } from '../audit/record-audit.js';
import { DataKeys } from './data-keys.js';
import { reasonOfThisKey } from './key-providers.js';
import { isNeeded, resealRow, rowsUnder, type RotatedKeys } from './reseal-rows.js';
import { sealedTables } from './sealed-columns.js';

export interface FinishOptions {
  /** Absent: every workspace. */
  workspaceId?: string;
  signal?: AbortSignal;
  /** How long a key stays after its last row has left it. Default 60 s. */
  graceMs?: number;
  onProgress?: (resealed: number) => void;
  /** Told when all rows have been moved, with how long the old keys stay. */
  onDrained?: (graceMs: number) => void;
}

/** What `finish` has done, and what it could not do. */
export interface Finished {
  resealed: number;
  destroyed: number;
  /** Rows that do not open under their key, as `<table> <id>`; a thousand at most. They keep it, and stay as they are. */
  unopenable: Set<string>;
  /** Keys that something still needs. */
  kept: string[];
}

interface RetiringKey {
  id: string;
  workspaceId: string;
}

const pageSize = 5_000;
const lowestId = '00000000-0000-0000-0000-000000000000';
/**
 * A reader that has read a row may ask for its key a little later, and the dispatcher stores what it had sealed: both are bounded by their
 * request's deadline and their transaction's timeout, 10 s each.
 */
const defaultGraceMs = 60_000;
const missedPauseMs = 100;
const mostNamed = 1_000;
const scanTimeout = '10min';

/**
 * New data keys for workspaces. Whatever is sealed from `begin` on is under the new key; `finish` moves what is there already, row by row,
 * and then destroys the old one. Both may be killed at any point and asked again, and may run many times at once: state is in the rows alone.
 */
@Injectable()
export class DataKeyRotation {
  constructor(
    @Inject(OwnerDatabase) private readonly owner: OwnerDatabase,
    @Inject(DataKeys) private readonly dataKeys: DataKeys,
  ) {}

  /**
   * @returns false when the workspace's earlier rotation has not ended: it has its new key already
   * @throws AppError `not_found`
   */
  async begin(caller: Caller, ofWorkspace: string): Promise<boolean> {
    // As it is stored, since the new key is bound to it: one for the same id in capitals would never be unwrapped.
    const workspaceId = ofWorkspace.toLowerCase();
    let created: string | undefined;
    try {
      return await this.owner.asSystem(
        async (tx) => {
          const active = await lockActiveKey(tx, workspaceId);
          if (active === undefined) throw notFound('workspace');
          if ((await tx.dataKey.count({ where: { workspaceId, state: 'retiring' } })) > 0) return false;
          await tx.dataKey.update({ where: { id: active.id }, data: { state: 'retiring', retiredAt: new Date() } });
          created = await this.dataKeys.create(tx, workspaceId, active.version + 1);
          const resource = { type: 'data_key', id: created };
          const details = { version: active.version + 1, replaces: active.id };
          await recordAudit(tx, caller, { workspaceId, action: 'data_key.rotated', resource, details });
          return true;
        },
        { timeoutMs: 20_000 },
      );
    } finally {
      if (created !== undefined) this.dataKeys.settled(created);
    }
  }

  /** Begins for every workspace there is. */
  async beginAll(caller: Caller, signal?: AbortSignal): Promise<{ begun: number; underWay: number }> {
    const counts = { begun: 0, underWay: 0 };
    let after = lowestId;
    for (;;) {
      const workspaces = await this.owner.prisma.workspace.findMany({
        where: { id: { gt: after } },
        select: { id: true },
        orderBy: { id: 'asc' },
        take: pageSize,
      });
      for (const { id } of workspaces) {
        signal?.throwIfAborted();
        try {
          if (await this.begin(caller, id)) counts.begun += 1;
          else counts.underWay += 1;
        } catch (error) {
          if (!isNotFound(error)) throw error; // else deleted since it was listed
        }
      }
      const last = workspaces.at(-1);
      if (last === undefined || workspaces.length < pageSize) return counts;
      after = last.id;
    }
  }

  /** Whether there is anything to finish: one read of a small index. */
  async isUnderWay(): Promise<boolean> {
    return (await this.owner.prisma.dataKey.findFirst({ where: { state: 'retiring' }, select: { id: true } })) !== null;
  }

  /** Moves every row that is under a retiring key to its workspace's active one, waits, and destroys the keys that nothing needs. */
  async finish(caller: Caller, options: FinishOptions = {}): Promise<Finished> {
    const { workspaceId, signal, graceMs = defaultGraceMs } = options;
    const done: Finished = { resealed: 0, destroyed: 0, unopenable: new Set(), kept: [] };
    const retiring = await this.owner.prisma.dataKey.findMany({
      where: { state: 'retiring', ...(workspaceId === undefined ? {} : { workspaceId }) },
      select: { id: true, workspaceId: true },
    });
    for (const key of retiring) await this.#drain(key, done, options);
    for (let left = retiring; left.length > 0;) {
      options.onDrained?.(graceMs);
      await sleep(graceMs, undefined, signal === undefined ? {} : { signal });
      const movedSince: RetiringKey[] = [];
      for (const key of left) {
        // What was sealed before the key was retired may have been stored since, and its readers get their time too.
        if (await this.#drain(key, done, options)) movedSince.push(key);
        else await this.#destroy(caller, key, done);
      }
      left = movedSince;
    }
    return done;
  }

  /** Moves what is under a key. Rows that are missed, since somebody is writing to them, come with the next pass. @returns whether any was there */
  async #drain(key: RetiringKey, done: Finished, options: FinishOptions): Promise<boolean> {
    const before = done.resealed;
    while (await this.#pass(key, done, options)) await sleep(missedPauseMs);
    return done.resealed > before;
  }

  async #pass({ id, workspaceId }: RetiringKey, done: Finished, options: FinishOptions): Promise<boolean> {
    const active = await this.owner.prisma.dataKey.findFirst({ where: { workspaceId, state: 'active' } });
    if (active === null) return false; // the workspace was deleted
    try {
      return await this.dataKeys.use(workspaceId, id, (retiring) =>
        this.dataKeys.use(workspaceId, active.id, (activeKey) =>
          this.#passOver({ workspaceId, retiring, active: activeKey }, done, options),
        ),
      );
    } catch (error) {
      // Gone meanwhile, or it does not unwrap: then what is under it stays, and so does the key.
      if (reasonOfThisKey(error) === undefined && !isNotFound(error)) throw error;
      return false;
    }
  }

  /** @returns whether rows were missed */
  async #passOver(keys: RotatedKeys, done: Finished, { signal, onProgress }: FinishOptions): Promise<boolean> {
    let missed = false;
    for (const table of sealedTables) {
      for await (const id of rowsUnder(this.owner, table, keys)) {
        signal?.throwIfAborted();
        const outcome = await resealRow(this.owner, table, keys, id);
        if (outcome === 'resealed') {
          done.resealed += 1;
          onProgress?.(done.resealed);
        }
        if (outcome === 'unopenable' && done.unopenable.size < mostNamed) done.unopenable.add(`${table.table} ${id}`);
        missed ||= outcome === 'missed';
      }
    }
    return missed;
  }

  /** Unless something needs the key, or it is gone already. */
  async #destroy(caller: Caller, { id, workspaceId }: RetiringKey, done: Finished): Promise<void> {
    const outcome = await this.owner.asSystem(
      async (tx) => {
        const [key] = await tx.$queryRaw<{ version: number }[]>`
          SELECT version FROM data_key WHERE id = ${id}::uuid AND state = 'retiring' FOR UPDATE`;
        if (key === undefined) return 'gone';
        await tx.$executeRawUnsafe(`SET LOCAL statement_timeout = '${scanTimeout}'`);
        for (const table of sealedTables) if (await isNeeded(tx, table, workspaceId, id)) return 'needed';
        await tx.dataKey.update({
          where: { id },
          data: { state: 'destroyed', wrapped: null, destroyedAt: new Date() },
        });
        const resource = { type: 'data_key', id };
        const details = { version: key.version };
        await recordAudit(tx, caller, { workspaceId, action: 'data_key.destroyed', resource, details });
        return 'destroyed';
      },
      { timeoutMs: 600_000 },
    );
    if (outcome === 'needed') done.kept.push(id);
    if (outcome !== 'destroyed') return;
    done.destroyed += 1;
    this.dataKeys.forget(workspaceId);
  }
}

/**
 * FOR UPDATE waits for everyone who is sealing under the key, but who comes later is let in before it: under steady writes it would wait
 * for ever. So, where the row is not free at once, the table is locked, whose queue is fair. Reads go on in either case.
 */
async function lockActiveKey(
  tx: Transaction,
  workspaceId: string,
): Promise<{ id: string; version: number } | undefined> {
  // Two that lock the row's table for the row first, and then for the whole, would wait for each other.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended('otpost begin of a rotation', 0)) IS NULL AS taken`;
  if ((await tx.workspace.count({ where: { id: workspaceId } })) === 0) return undefined;
  const [free] = await tx.$queryRaw<{ id: string; version: number }[]>`
    SELECT id, version FROM data_key WHERE workspace_id = ${workspaceId}::uuid AND state = 'active' FOR UPDATE SKIP LOCKED`;
  if (free !== undefined) return free;
  await tx.$executeRaw`LOCK TABLE data_key IN EXCLUSIVE MODE`;
  const [awaited] = await tx.$queryRaw<{ id: string; version: number }[]>`
    SELECT id, version FROM data_key WHERE workspace_id = ${workspaceId}::uuid AND state = 'active' FOR UPDATE`;
  return awaited;
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.code === 'not_found';
}
