// @ts-check
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, lstatSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './output.mjs';

/** @typedef {import('./home.mjs').Home} Home */
/** @typedef {import('./output.mjs').Output} Output */

/**
 * The user that PostgreSQL and Redis run as: oneself, except that PostgreSQL refuses root.
 * @typedef {{ uid?: number, gid?: number }} ServerAccount
 */

/** Where root keeps what the server account must reach while the checkout lies below a closed folder such as /root. */
export const systemFolder = '/var/lib/otpost';

/**
 * @param {Output} output
 * @returns {ServerAccount}
 */
export function serverAccount(output) {
  if (process.getuid?.() !== 0) return {};
  const known = lookUp('postgres');
  if (known) return known;
  output.line('postgresql    does not run as root: making the system user "postgres" for it');
  // Debian, Fedora and Arch have the first; Alpine and busybox the second.
  spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  if (!lookUp('postgres')) spawnSync('adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', 'postgres']);
  const made = lookUp('postgres');
  if (made) return made;
  throw new UserError(
    'PostgreSQL does not run as root: make a user for it with "useradd --system postgres", then try again.',
  );
}

/**
 * The folder that holds the data of PostgreSQL and Redis: `data` in the home. Where the server account cannot pass through to
 * it, `data` is a link to a folder under /var/lib/otpost.
 * @param {Home} home
 * @param {ServerAccount} account
 * @param {Output} output
 */
export function dataFolder(home, account, output) {
  const folder = home.file('data');
  if (!isThere(folder)) {
    if (canPass(account, home.path)) {
      mkdirSync(folder, { mode: 0o700 });
    } else {
      const elsewhere = join(systemFolder, createHash('sha256').update(home.path).digest('hex').slice(0, 12));
      mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
      writeFileSync(join(elsewhere, 'home'), `${home.path}\n`);
      const data = join(elsewhere, 'data');
      mkdirSync(data, { recursive: true, mode: 0o700 });
      symlinkSync(data, folder);
      output.line(`data          in ${data}, since the user "postgres" cannot enter ${home.path}`);
    }
    own(realpathSync(folder), account);
  }
  if (!existsSync(folder)) {
    throw new UserError(`${folder} leads to a folder that is gone: put it back, or start anew with "./otpost reset".`);
  }
  return realpathSync(folder);
}

/**
 * Makes a folder of the server account.
 * @param {string} path
 * @param {ServerAccount} account
 */
export function makeFolder(path, account) {
  if (existsSync(path)) return;
  mkdirSync(path, { mode: 0o700 });
  own(path, account);
}

/**
 * @param {string} path
 * @param {ServerAccount} account
 */
export function own(path, { uid, gid }) {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/**
 * A folder for programs that the server account must be able to start.
 * @param {string} name
 */
export function systemPath(name) {
  mkdirSync(systemFolder, { recursive: true, mode: 0o755 });
  return join(systemFolder, name);
}

/**
 * Whether the account may pass through a folder, or start a program. Asked of the system itself: modes, ACLs and mounts all
 * have a say.
 * @param {ServerAccount} account
 * @param {string} path
 */
export function canPass(account, path) {
  if (account.uid === undefined) return true;
  return spawnSync('test', ['-x', path], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

/**
 * @param {string} user
 * @returns {ServerAccount | undefined}
 */
function lookUp(user) {
  const [uid, gid] = ['-u', '-g'].map((flag) => {
    const { status, stdout } = spawnSync('id', [flag, user], { encoding: 'utf8' });
    return status === 0 ? Number(stdout) : undefined;
  });
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

/** @param {string} path */
function isThere(path) {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false;
  }
}
