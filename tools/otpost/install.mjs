// @ts-check
import { existsSync } from 'node:fs';
import { readJson } from './files.mjs';
import { step, UserError } from './output.mjs';
import { linkLibraries } from './postgres.mjs';
import { runProgram, tail } from './run-program.mjs';
import { inRoot, root } from './workspace.mjs';

/**
 * @typedef {{ packages: Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean,
 *   link?: boolean }> }} Lockfile
 */

/**
 * Installs the dependencies of the lock file, where `node_modules` does not hold them already.
 * Install scripts are not run: npm 11 holds them back and npm 10 does not, and one of them (Prisma's) downloads an engine that
 * nothing here needs. The one that is needed, the links between PostgreSQL's libraries, is done here.
 * @param {import('./output.mjs').Output} output
 * @param {AbortSignal} [signal]
 */
export async function install(output, signal) {
  if (isInstalled()) return linkLibraries();
  await step(
    output,
    'dependencies',
    async () => {
      output.line('dependencies  npm ci: about a minute on the first run');
      const { code, ended, said } = await npm(
        ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund'],
        signal,
      );
      if (code !== 0) throw new UserError(`npm could not install the dependencies (${ended}).`, tail(said));
      linkLibraries();
    },
    () => 'installed from package-lock.json',
  );
}

/** Whether `node_modules` holds what the lock file says, by npm's own record of what it installed. */
export function isInstalled() {
  /** @type {Lockfile | undefined} */
  const wanted = readJson(inRoot('package-lock.json'));
  /** @type {Lockfile | undefined} */
  const installed = readJson(inRoot('node_modules/.package-lock.json'));
  if (!wanted) throw new UserError('package-lock.json is missing or damaged: this is no complete checkout.');
  return installed !== undefined && matches(wanted, installed) && everyPackageIsThere(installed);
}

/**
 * @param {Lockfile} wanted
 * @param {Lockfile} installed
 */
export function matches(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, { version, integrity, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/')) return true; // the root and the workspaces
    const there = installed.packages[path];
    if (!there) return Boolean(optional || devOptional); // another platform's
    return there.version === version && there.integrity === integrity;
  });
}

/** @param {Lockfile} installed */
function everyPackageIsThere(installed) {
  return Object.keys(installed.packages).every((path) => !path.startsWith('node_modules/') || existsSync(inRoot(path)));
}

/**
 * @param {string[]} args
 * @param {AbortSignal | undefined} signal
 */
async function npm(args, signal) {
  const environment = { ...process.env };
  delete environment['NODE_ENV']; // production would leave out what the build needs
  try {
    return await runProgram('npm', args, { cwd: root, environment, signal });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    throw new UserError('there is no "npm" on PATH: it comes with Node.js; install it, then try again.');
  }
}
