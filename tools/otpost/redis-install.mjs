// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { step, UserError } from './output.mjs';
import { runProgram } from './run-program.mjs';

/** @typedef {import('./output.mjs').Output} Output */

/**
 * The package managers we know, and what each is told.
 * @type {{ program: string, commands: string[][], rootOnly: boolean }[]}
 */
const managers = [
  {
    program: 'apt-get',
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'],
    ],
    rootOnly: true,
  },
  { program: 'dnf', commands: [['dnf', 'install', '-y', '/usr/bin/redis-server']], rootOnly: true },
  { program: 'apk', commands: [['apk', 'add', 'redis']], rootOnly: true },
  { program: 'pacman', commands: [['pacman', '-Sy', '--noconfirm', 'valkey']], rootOnly: true },
  { program: 'zypper', commands: [['zypper', '--non-interactive', 'install', 'redis']], rootOnly: true },
  { program: 'brew', commands: [['brew', 'install', 'redis']], rootOnly: false },
];

/**
 * Installs a Redis with the system's package manager, in plain sight, where this user may.
 * @param {Output} output
 * @param {AbortSignal} signal
 * @throws UserError with the one line to type, where this user may not
 */
export async function installRedis(output, signal) {
  const manager = managers.find(({ program }) => isThere(program));
  const advice = installAdvice(manager, process.getuid?.() === 0);
  if (!manager || advice) throw new UserError(advice ?? '');
  output.line('redis         no redis-server or valkey-server on PATH: installing one');
  await step(
    output,
    'redis',
    () => runAll(manager.commands, output, signal),
    () => 'installed',
  );
  if (manager.program === 'apt-get' && existsSync('/run/systemd/system')) {
    output.line(
      'redis         Debian also runs it as a service on port 6379. otpost does not use that one; to end it:',
    );
    output.line('redis         systemctl disable --now redis-server');
  }
}

/**
 * @param {string[][]} commands
 * @param {Output} output
 * @param {AbortSignal} signal
 */
async function runAll(commands, output, signal) {
  for (const [program = '', ...args] of commands) {
    const command = [program, ...args].join(' ');
    output.line(`redis         $ ${command}`);
    const { code, ended } = await runProgram(program, args, {
      cwd: '/',
      environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      signal,
      onLine: (line) => output.line(`redis         ${line}`),
    });
    if (code !== 0) throw new UserError(`Redis could not be installed: "${command}" ended with ${ended}.`);
  }
}

/**
 * @param {typeof managers[number] | undefined} manager
 * @param {boolean} isRoot
 * @returns {string | undefined} what to tell the user, where it cannot be done for them
 */
export function installAdvice(manager, isRoot) {
  const need = 'otpost needs Redis, and there is no redis-server or valkey-server on PATH.';
  if (!manager) return `${need} Install Redis 7 or newer, or set REDIS_URL to one that runs.`;
  if (isRoot && !manager.rootOnly) return `${need} As the user who owns Homebrew, type: ${line(manager, '')}`;
  if (!isRoot && manager.rootOnly) return `${need} Install it with: ${line(manager, 'sudo ')}`;
  return undefined;
}

/**
 * @param {typeof managers[number]} manager
 * @param {string} prefix
 */
function line({ commands }, prefix) {
  return commands.map((command) => prefix + command.join(' ')).join(' && ');
}

/** @param {string} program */
function isThere(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
}
