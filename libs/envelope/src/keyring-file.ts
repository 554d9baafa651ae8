import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { EnvelopeError } from './errors.js';
import { findKey, formatKeyring, type Keyring, type KeyringKey, parseKeyring } from './keyring-format.js';
import { Secret } from './secret.js';

/**
 * Makes a keyring with one key, readable by its owner only, and returns the key's id. Atomic: the file is there whole
 * or not at all, and a file that is there already is left as it is.
 *
 * @throws EnvelopeError `keyring_exists`, `keyring_busy`
 */
export function createKeyringFile(path: string): string {
  const key = newKey();
  writeAlone(path, moveUnlessTaken, () => ({ activeKekId: key.kekId, keys: [key] }));
  return key.kekId;
}

/**
 * Adds a key without using it yet, and returns its id. First step of a KEK rotation: bring the file to every vault,
 * then {@link activateKeyringKey}, then rewrap, then {@link retireKeyringKey}.
 */
export function addKeyringKey(path: string): string {
  const key = newKey();
  writeAlone(path, renameSync, () => {
    const keyring = readKeyringFile(path);
    return { ...keyring, keys: [...keyring.keys, key] };
  });
  return key.kekId;
}

/**
 * Makes this key the one that wraps. Running vaults follow with their next wrap.
 *
 * @throws EnvelopeError `unknown_kek`
 */
export function activateKeyringKey(path: string, kekId: string): void {
  writeAlone(path, renameSync, () => {
    const keyring = readKeyringFile(path);
    findKey(keyring, kekId);
    return { ...keyring, activeKekId: kekId };
  });
}

/**
 * Destroys this key. What is still wrapped under it, in the database or in a backup, is lost: first see that no row
 * names it.
 *
 * @throws EnvelopeError `keyring_key_active`, `unknown_kek`
 */
export function retireKeyringKey(path: string, kekId: string): void {
  writeAlone(path, renameSync, () => {
    const keyring = readKeyringFile(path);
    findKey(keyring, kekId);
    if (kekId === keyring.activeKekId)
      throw new EnvelopeError(
        'keyring_key_active',
        `${kekId} is the active key of ${path}: activate another one first`,
      );
    return { ...keyring, keys: keyring.keys.filter((key) => key.kekId !== kekId) };
  });
}

/**
 * Reads a keyring file.
 *
 * @throws EnvelopeError `keyring_missing`, `keyring_unreadable`, `keyring_malformed`; `keyring_permissions` when others
 *   than its owner have any access, except that the group may read a file of root's
 */
export function readKeyringFile(path: string): Keyring {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new EnvelopeError('keyring_missing', `there is no keyring at ${path}`);
    throw new EnvelopeError('keyring_unreadable', `the keyring ${path} cannot be opened by this user`);
  }
  try {
    // Of the opened file, not of the path: it may point elsewhere a moment later.
    const { mode: type, uid } = fstatSync(file);
    const mode = type & 0o777;
    // A file of root's may be read by its group, as PostgreSQL has it for keys: so Kubernetes mounts a Secret for who is not root.
    const isMounted = uid === 0 && process.geteuid?.() !== 0;
    if ((mode & (isMounted ? 0o037 : 0o077)) !== 0)
      throw new EnvelopeError(
        'keyring_permissions',
        `the keyring ${path} has mode ${mode.toString(8).padStart(4, '0')}: only its owner may have access (chmod 600)`,
      );
    return parseKeyring(readFileSync(file, 'utf8'), path);
  } finally {
    closeSync(file);
  }
}

function newKey(): KeyringKey {
  return {
    kekId: `local:${randomBytes(8).toString('hex')}`,
    createdAt: new Date(),
    key: new Secret(randomBytes(32)),
  };
}

/**
 * Writes the keyring to a new file beside it, to the disk, and puts it in place in one step. The new file is the lock
 * too: of two changes at once one is refused, since the later one would undo the other, and lose a key.
 */
function writeAlone(path: string, putInPlace: (from: string, to: string) => void, change: () => Keyring): void {
  const newPath = `${path}.new`;
  let file: number;
  try {
    file = openSync(newPath, 'wx', 0o600);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
    throw new EnvelopeError(
      'keyring_busy',
      `the keyring ${path} is being changed, or a change was interrupted; if none is running, remove ${newPath}`,
    );
  }
  try {
    try {
      const current = statSync(path, { throwIfNoEntry: false });
      // A change made with sudo must leave the file to the user that the vault runs as.
      if (current && current.uid !== process.geteuid?.()) fchownSync(file, current.uid, current.gid);
      writeFileSync(file, formatKeyring(change()));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    putInPlace(newPath, path);
  } catch (error) {
    rmSync(newPath);
    throw error;
  }
  syncFolder(dirname(path));
}

/** As rename, but never over a file that is there. */
function moveUnlessTaken(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw new EnvelopeError('keyring_exists', `there is a keyring at ${to} already`);
    throw error;
  }
  rmSync(from);
}

/** Without this the new name may be lost with the power, though the file's bytes are on the disk. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
