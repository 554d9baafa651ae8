// @ts-check
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readJson, writePrivate } from './files.mjs';
import { UserError } from './output.mjs';
import { isAlive } from './processes.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

/**
 * What `up` writes down of a running system, for `down`, `status` and an `up` after a crash.
 * @typedef {object} RunState
 * @property {Identity} supervisor
 * @property {'starting' | 'ready' | 'stopping'} phase
 * @property {string} since ISO 8601
 * @property {string} gateway_url
 * @property {string} ingest_url
 * @property {string} smtp_url
 * @property {string} hooks_url with which the hooks' URLs start, as senders see them
 * @property {number | null} postgres_port `null` when DATABASE_URL names another
 * @property {number | null} redis_port `null` when REDIS_URL names another
 * @property {ProcessState[]} processes in the order in which they were started
 */

/**
 * @typedef {object} ProcessState
 * @property {string} name unique: `vault`, `vault-2`
 * @property {string} service `vault`
 * @property {string} host it listens on
 * @property {number} port
 * @property {Identity | null} identity `null` while it is not running
 */

/** The folder that holds one system's data, keys and logs. */
export class Home {
  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** @param {Record<string, string | undefined>} [environment] */
  static fromEnvironment(environment = process.env) {
    return new Home(environment['OTPOST_HOME'] ? resolve(environment['OTPOST_HOME']) : inRoot('.otpost'));
  }

  /**
   * PostgreSQL does not run as root. The user it runs as then has to pass through this folder, so root's is 0711: passable,
   * not listable. Whatever is secret in it is 0600.
   */
  create() {
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
    try {
      mkdirSync(this.path, { recursive: true, mode });
      mkdirSync(this.file('logs'), { recursive: true, mode: 0o700 });
    } catch (error) {
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      throw new UserError(`cannot write to ${this.path} (${code}): set OTPOST_HOME to a folder of yours.`);
    }
  }

  /** @param {string} name */
  file(name) {
    return join(this.path, name);
  }

  /** @param {string} process */
  logFile(process) {
    return join(this.path, 'logs', `${process}.log`);
  }

  /** @returns {RunState | undefined} of the running system, or of one that died without stopping */
  readState() {
    return readJson(this.file('run.json'));
  }

  /** @param {RunState} state */
  writeState(state) {
    writePrivate(this.file('run.json'), `${JSON.stringify(state, null, 2)}\n`);
  }

  /** @returns {RunState | undefined} of the running system */
  running() {
    const state = this.readState();
    return isAlive(state?.supervisor) ? state : undefined;
  }
}
