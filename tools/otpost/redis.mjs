// @ts-check
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createConnection } from 'node:net';
import { delimiter, join } from 'node:path';
import { UserError } from './output.mjs';
import { installRedis } from './redis-install.mjs';
import { makeFolder } from './server-account.mjs';

/** @typedef {import('./output.mjs').Output} Output */

/** Before 7.0 there is no BLMPOP, which replies travel by. */
const oldestMajor = 7;

/** Where servers are installed, but which is not on the PATH of every user. */
const moreFolders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/**
 * The program to run: `redis-server` or `valkey-server`, whichever is there and new enough. Where there is none, one is
 * installed if this user may do that.
 * @param {Output} output
 * @param {AbortSignal} signal
 * @returns {Promise<string>} its path
 */
export async function redisProgram(output, signal) {
  const there = findRedis();
  if (there.path) return there.path;
  if (there.tooOld) throw tooOld(there.tooOld);
  await installRedis(output, signal);
  const installed = findRedis();
  if (installed.path) return installed.path;
  if (installed.tooOld) throw tooOld(installed.tooOld);
  throw new UserError(
    'Redis was installed, but no redis-server or valkey-server is on PATH: set REDIS_URL to one that runs.',
  );
}

/**
 * @param {string} [path]
 * @param {string[]} [alsoIn]
 * @returns {{ path?: string, tooOld?: string }}
 */
export function findRedis(path = process.env['PATH'] ?? '', alsoIn = moreFolders) {
  /** @type {string | undefined} */
  let old;
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...alsoIn];
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of folders) {
      const program = join(folder, name);
      if (!isExecutable(program)) continue;
      const version = versionOf(program);
      if (version !== undefined && Number(version.split('.')[0]) >= oldestMajor) return { path: program };
      old ??= `${program} is version ${version ?? 'unknown'}`;
    }
  }
  return old === undefined ? {} : { tooOld: old };
}

/**
 * The plan for the process of a private Redis.
 * @param {object} options
 * @param {string} options.program
 * @param {string} options.dataFolder owned by the account
 * @param {import('./server-account.mjs').ServerAccount} options.account
 * @param {number} options.port
 * @param {string} options.logFile
 * @param {string} options.password
 * @returns {import('./managed-process.mjs').ProcessPlan}
 */
export function redis({ program, dataFolder, account, port, logFile, password }) {
  const host = '127.0.0.1';
  const data = join(dataFolder, 'redis');
  makeFolder(data, account);
  const configuration = [
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    `dir "${data.replaceAll(/["\\]/g, '\\$&')}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    // Movement must not vanish under pressure: a full Redis refuses, it does not forget.
    'maxmemory-policy noeviction',
    '',
  ].join('\n');

  return {
    name: 'redis',
    service: 'redis',
    host,
    port,
    command: program,
    args: ['-'], // its configuration from standard input: the password is in no argument and no file
    environment: { PATH: process.env['PATH'] ?? '', TZ: 'UTC' },
    cwd: data,
    logFile,
    account,
    input: configuration,
    isReady: (signal) => answersPing({ host, port, password, signal }),
    stopSeconds: 15,
  };
}

/** @param {{ host: string, port: number, password: string, signal: AbortSignal }} options */
function answersPing({ host, port, password, signal }) {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port, signal });
    let said = '';
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
      if (said.includes('+PONG')) resolve(true);
      if (said.split('\r\n').length > 2) socket.destroy();
    });
  });
}

/** @param {string} program */
function versionOf(program) {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return /\bv=(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} which */
function tooOld(which) {
  return new UserError(
    `${which}, and otpost needs Redis ${oldestMajor}.0 or newer: upgrade it, or set REDIS_URL to a newer one.`,
  );
}
