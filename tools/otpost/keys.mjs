// @ts-check
import { spawn } from 'node:child_process';
import { build } from './build.mjs';
import { groundOf } from './ground.mjs';
import { Home } from './home.mjs';
import { install } from './install.mjs';
import { outputTo, UserError } from './output.mjs';
import { serviceEnvironment } from './services.mjs';
import { inRoot, root } from './workspace.mjs';

/** What needs no database. */
const withoutSystem = new Set(['help', '--help', '-h', 'init']);

/**
 * `./otpost keys ...`: the vault's own command, with the vault's environment.
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function keys(args) {
  const environment = keysEnvironment(Home.fromEnvironment(), args[0] ?? 'help');
  const output = outputTo(process.stderr);
  await install(output);
  await build(output);
  const child = spawn(process.execPath, [inRoot('apps/vault/dist/keys-cli.js'), ...args], {
    cwd: root,
    env: environment,
    stdio: 'inherit',
  });
  // Ctrl-C in a terminal reaches it too; what it had begun it ends, and so do we.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * @param {Home} home
 * @param {string} command
 * @returns {Record<string, string>}
 */
function keysEnvironment(home, command) {
  const state = home.running();
  const replica = { service: /** @type {const} */ ('vault'), name: 'vault-keys', host: '127.0.0.1', port: 0 };
  if (state) return serviceEnvironment(replica, state, home, groundOf(home, state), process.env);
  if (!withoutSystem.has(command)) {
    throw new UserError('keys are changed in a running system: start it with "./otpost up --detach", then try again.');
  }
  home.create();
  return {
    PATH: process.env['PATH'] ?? '',
    OTPOST_KEYRING_FILE: process.env['OTPOST_KEYRING_FILE'] || home.file('keyring.json'),
  };
}
