// @ts-check
import { spawn } from 'node:child_process';
import { groundOf } from './ground.mjs';
import { Home } from './home.mjs';
import { UserError } from './output.mjs';
import { serviceEnvironment } from './services.mjs';
import { inRoot, root } from './workspace.mjs';

/**
 * `./otpost keys ...`: the vault's own command, with the vault's environment.
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function keys(args) {
  const home = Home.fromEnvironment();
  const state = home.running();
  if (!state)
    throw new UserError('keys are changed in a running system: start it with "./otpost up --detach", then try again.');
  const vault = state.processes.find(({ service }) => service === 'vault');
  if (!vault) throw new UserError('the vault is not there yet: "./otpost status" tells when it is.');
  const ground = groundOf(home, state);
  const replica = { service: /** @type {const} */ ('vault'), name: 'vault-keys', host: '127.0.0.1', port: 0 };
  const environment = serviceEnvironment(replica, state, home, ground, process.env);
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
