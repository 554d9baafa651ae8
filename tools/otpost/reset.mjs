// @ts-check
import { existsSync, lstatSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { stopSystem } from './down.mjs';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
import { UserError } from './output.mjs';
import { systemFolder } from './server-account.mjs';

/** Everything that `up` puts into a home. Nothing else is touched: OTPOST_HOME may name a folder that holds more. */
const ours = [
  'demo.json',
  'hook.key',
  'keyring.json',
  'keyring.json.new',
  'logs',
  'mime-secret',
  'passwords.json',
  'root.key',
  'run.json',
  'sendgrid-path-secret',
  'transport.key',
  'twilio-auth-token',
  'up.lock',
];

/**
 * `./otpost reset [--yes]`
 * @param {string[]} args
 */
export async function reset(args) {
  const { flags } = parseFlags('reset', args, { yes: ['-y', '--yes'] });
  const home = Home.fromEnvironment();
  if (!existsSync(home.path)) {
    process.stdout.write(`otpost: there is nothing in ${home.path}.\n`);
    return;
  }
  if (!flags.yes) await confirm(home);
  await stopSystem(home);
  removeHome(home);
  process.stdout.write(`otpost: data and keys of ${home.path} are gone.\n`);
}

/** @param {Home} home of a system that is stopped */
export function removeHome(home) {
  removeData(home.file('data'));
  for (const name of ours) rmSync(home.file(name), { recursive: true, force: true });
  try {
    rmdirSync(home.path);
  } catch {
    // It holds something that is not ours.
  }
}

/** @param {Home} home */
async function confirm(home) {
  const what = `all data, keys and the keyring in ${home.path}. Nothing brings them back.`;
  if (!process.stdin.isTTY) throw new UserError(`reset deletes ${what} If you mean it: ./otpost reset --yes`);
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question(`This deletes ${what}\nType "reset" to go on: `);
  prompt.close();
  if (answer.trim() !== 'reset') throw new UserError('nothing was deleted.');
}

/**
 * `data` is a folder, or a link to one under /var/lib/otpost: then that goes too, and no other place a link could name.
 * @param {string} path
 */
function removeData(path) {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  const target = isLink && existsSync(path) ? realpathSync(path) : undefined;
  rmSync(path, { recursive: true, force: true });
  if (target?.startsWith(join(systemFolder, '/'))) rmSync(dirname(target), { recursive: true, force: true });
}
