// @ts-check
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, writePrivate } from './files.mjs';
import { Home } from './home.mjs';
import { endLeftovers } from './leftovers.mjs';
import { quiet } from './output.mjs';
import { endProcess, isAlive, self, signalProcess, waitUntilGone } from './processes.mjs';
import { removeHome } from './reset.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

const prefix = 'otpost-test-';

/**
 * A folder for throw-away homes, each below it. What runs in them ends with it.
 * @typedef {object} TemporaryFolder
 * @property {string} path
 * @property {(name: string) => Home} home
 * @property {(runner: Identity) => void} rememberRunner which process starts systems in it: it is ended first
 * @property {() => Promise<void>} remove
 */

/**
 * Makes such a folder, after removing those whose maker was killed.
 * @returns {Promise<TemporaryFolder>}
 */
export async function temporaryFolder() {
  for (const name of readdirSync(tmpdir())) if (name.startsWith(prefix)) await removeIfAbandoned(join(tmpdir(), name));
  const path = mkdtempSync(join(tmpdir(), prefix));
  // PostgreSQL's user has to pass through when this is root.
  if (process.getuid?.() === 0) chmodSync(path, 0o711);
  writePrivate(join(path, 'maker.json'), JSON.stringify(self()));
  return {
    path,
    home: (name) => new Home(join(path, name)),
    rememberRunner: (runner) => writePrivate(join(path, 'runner.json'), JSON.stringify(runner)),
    remove: () => removeFolder(path),
  };
}

/**
 * The environment of throw-away systems: nothing that a developer's shell says of a real one.
 * @param {Record<string, string | undefined>} [more]
 * @param {Record<string, string | undefined>} [from]
 * @returns {Record<string, string | undefined>}
 */
export function cleanEnvironment(more = {}, from = process.env) {
  const kept = Object.entries(from).filter(
    ([name]) =>
      !/^OTPOST_/.test(name) && !['DATABASE_URL', 'DATABASE_OWNER_URL', 'REDIS_URL', 'NODE_OPTIONS'].includes(name),
  );
  return { ...Object.fromEntries(kept), ...more };
}

/** @param {string} path */
async function removeIfAbandoned(path) {
  try {
    const maker = readJson(join(path, 'maker.json'));
    if (maker !== undefined && !isAlive(maker)) await removeFolder(path);
  } catch {
    // Another user's.
  }
}

/** @param {string} path */
async function removeFolder(path) {
  const runner = /** @type {Identity | undefined} */ (readJson(join(path, 'runner.json')));
  if (runner) {
    signalProcess(runner, 'SIGKILL', { group: true });
    await waitUntilGone(runner, 5_000);
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !existsSync(join(path, entry.name, 'logs'))) continue;
    const home = new Home(join(path, entry.name));
    const running = home.running();
    // Whoever runs a system in here is not to be waited for: nothing in it is worth keeping.
    if (running && running.supervisor.pid !== process.pid) await endProcess(running.supervisor, { timeoutMs: 30_000 });
    await endLeftovers(home, quiet);
    removeHome(home);
  }
  rmSync(path, { recursive: true, force: true });
}
