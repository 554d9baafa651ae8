// @ts-check
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/**
 * Writes a file that only its owner reads, whole or not at all.
 * @param {string} path
 * @param {string} text
 */
export function writePrivate(path, text) {
  const partial = `${path}.${process.pid}.partial`;
  const file = openSync(partial, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}

/**
 * @param {string} path
 * @returns {string | undefined} `undefined` when there is no such file
 */
export function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @template T
 * @param {string} path
 * @returns {T | undefined} `undefined` when there is no such file, or only a damaged one
 */
export function readJson(path) {
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return /** @type {T} */ (JSON.parse(text));
  } catch {
    return undefined;
  }
}
