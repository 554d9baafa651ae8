// @ts-check
import { linkSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writePrivate } from './files.mjs';
import { isAlive, self } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

/**
 * Takes a lock file that names its holder. A lock whose holder is dead is taken over.
 * @param {string} path
 * @returns {{ release(): void } | { holder: Identity }}
 */
export function tryLock(path) {
  const mine = `${path}.${process.pid}`;
  writePrivate(mine, JSON.stringify(self()));
  try {
    for (;;) {
      if (linked(mine, path)) return { release: () => rmSync(path, { force: true }) };
      const holder = /** @type {Identity | undefined} */ (readJson(path));
      if (isAlive(holder) && holder) return { holder };
      moveStaleAway(path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Runs `work` while holding the lock; waits for its holder first.
 * @template T
 * @param {string} path
 * @param {{ onWait: (holder: Identity) => void, signal?: AbortSignal | undefined }} options
 * @param {() => Promise<T>} work
 */
export async function withLock(path, { onWait, signal }, work) {
  let waiting = false;
  for (;;) {
    const lock = tryLock(path);
    if ('release' in lock) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (!waiting) onWait(lock.holder);
    waiting = true;
    await sleep(200, undefined, signal ? { signal } : {});
  }
}

/**
 * `link` makes the lock appear with its content, or not at all.
 * @param {string} from
 * @param {string} to
 */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Between reading a stale lock and removing it another process may have taken it over: what was moved is looked at again,
 * and put back when it is alive.
 * @param {string} path
 */
function moveStaleAway(path) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return;
    throw error;
  }
  if (isAlive(readJson(aside))) linked(aside, path);
  rmSync(aside, { force: true });
}
