// @ts-check
import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs';

const largestBytes = 32 * 1024 * 1024;
const tailBytes = 64 * 1024;
const mostAtOnce = 1024 * 1024;

/**
 * The last lines of a log, of at most 64 kB.
 * @param {string} path
 * @param {number} count
 * @param {number} [from] byte offset before which nothing is of interest
 * @returns {string[]} none when there is no such file
 */
export function lastLines(path, count, from = 0) {
  const { text, start } = readFrom(path, (size) => Math.max(size - tailBytes, Math.min(from, size)));
  const lines = text.split('\n');
  if (start > from) lines.shift(); // the half of a line
  return lines.filter((line) => line.trim() !== '').slice(-count);
}

/** Gives the lines that are added to a file, whole ones only. A file that became shorter is read from its start. */
export class Follower {
  #half = '';

  /**
   * @param {string} path
   * @param {{ fromEnd: boolean }} options
   */
  constructor(path, { fromEnd }) {
    this.path = path;
    this.offset = fromEnd ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
  }

  /** @returns {string[]} */
  read() {
    const { text, start, end } = readFrom(this.path, (size) => (size < this.offset ? 0 : this.offset));
    if (start < this.offset) this.#half = '';
    this.offset = end;
    if (text === '') return [];
    const lines = (this.#half + text).split('\n');
    this.#half = lines.pop() ?? '';
    return lines;
  }
}

/**
 * Keeps a log file and one before it. The file is emptied where it is, since its writer holds it open; writers append, so
 * they go on at its new end.
 * @param {string} path
 */
export function capLogFile(path) {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < largestBytes) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path);
}

/**
 * @param {string} path
 * @param {(size: number) => number} startAt
 */
function readFrom(path, startAt) {
  let file;
  try {
    file = openSync(path, 'r');
  } catch {
    return { text: '', start: 0, end: 0 };
  }
  try {
    const { size } = fstatSync(file);
    const start = startAt(size);
    const buffer = Buffer.alloc(Math.min(Math.max(0, size - start), mostAtOnce));
    const read = readSync(file, buffer, 0, buffer.length, start);
    return { text: buffer.toString('utf8', 0, read), start, end: start + read };
  } finally {
    closeSync(file);
  }
}
