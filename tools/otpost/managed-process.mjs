// @ts-check
import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-files.mjs';
import { identify, signalProcess } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

/**
 * @typedef {object} ProcessPlan
 * @property {string} name unique: `vault`, `vault-2`, `postgres`
 * @property {string} service `vault`, `postgres`
 * @property {string} host
 * @property {number} port where it is to answer
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} environment all of it: nothing is inherited
 * @property {string} cwd
 * @property {string} logFile
 * @property {import('./server-account.mjs').ServerAccount} [account]
 * @property {string} [input] written to its standard input: how a secret gets in without being seen in `ps`
 * @property {(signal: AbortSignal) => Promise<boolean>} isReady asked again and again
 * @property {() => Promise<string>} [whyNotReady] what it says itself, for a person
 * @property {NodeJS.Signals} [stopSignal]
 * @property {number} stopSeconds how long it may take to stop before it is killed
 */

/**
 * How a process ended that nobody asked to.
 * @typedef {{ name: string, code: number | null, signal: NodeJS.Signals | null, ranMs: number, wasReady: boolean,
 *   lines: string[], restartMs: number | undefined }} Crash
 */

const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** After this long without a crash, the next delay is the first again. */
const calmMs = 60_000;

/**
 * A process that is to run until told otherwise: started again when it ends, later each time.
 * It writes to its log file by itself, so it does not notice when the supervisor is killed, and it leads a process group of
 * its own, so a Ctrl-C in the terminal reaches only the supervisor, which stops all in order.
 */
export class ManagedProcess {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<void>} resolves when the child that runs now has ended */
  #ended = Promise.resolve();
  #wanted = false;
  #crashes = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #restart;

  /**
   * @param {ProcessPlan} plan
   * @param {{ onChange: () => void, onCrash: (crash: Crash) => void }} listener
   */
  constructor(plan, listener) {
    this.plan = plan;
    this.listener = listener;
    /** @type {Identity | null} */
    this.identity = null;
    /** Whether it has answered since it was started last. */
    this.wasReady = false;
  }

  get name() {
    return this.plan.name;
  }

  start() {
    this.#wanted = true;
    if (this.#child) return;
    clearTimeout(this.#restart);
    this.#spawn();
  }

  /**
   * Waits until it answers.
   * @param {AbortSignal} signal
   */
  async ready(signal) {
    for (;;) {
      signal.throwIfAborted();
      const child = this.#child;
      const attempt = AbortSignal.any([signal, AbortSignal.timeout(2_000)]);
      if (child && (await answers(this.plan, attempt)) && child === this.#child) {
        this.wasReady = true;
        return;
      }
      await sleep(40, undefined, { signal });
    }
  }

  /**
   * Asks it to stop; kills it when it takes too long. It stays down until `start`.
   * @returns {Promise<void>}
   */
  async stop() {
    this.#wanted = false;
    clearTimeout(this.#restart);
    if (!this.#child || !this.identity) return;
    const identity = this.identity;
    signalProcess(identity, this.plan.stopSignal ?? 'SIGTERM');
    const overdue = setTimeout(
      () => signalProcess(identity, 'SIGKILL', { group: true }),
      this.plan.stopSeconds * 1_000,
    );
    await this.#ended;
    clearTimeout(overdue);
  }

  /** Ends it and its children at once. It stays down until `start`. */
  async destroy() {
    this.#wanted = false;
    clearTimeout(this.#restart);
    if (this.identity) signalProcess(this.identity, 'SIGKILL', { group: true });
    await this.#ended;
  }

  /**
   * A fault: what happens next is up to it, and a process that ends is started again.
   * @param {NodeJS.Signals} signal
   */
  signal(signal) {
    if (this.identity) signalProcess(this.identity, signal);
  }

  #spawn() {
    const { plan } = this;
    const log = openSync(plan.logFile, 'a', 0o600);
    const logStart = statSync(plan.logFile).size;
    const spawnedAt = performance.now();
    const child = spawn(plan.command, plan.args, {
      ...plan.account,
      cwd: plan.cwd,
      env: plan.environment,
      detached: true,
      stdio: [plan.input === undefined ? 'ignore' : 'pipe', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.wasReady = false;
    this.identity = child.pid === undefined ? null : (identify(child.pid) ?? null);
    if (plan.input !== undefined) {
      child.stdin?.on('error', () => {}); // it ended before it read: its exit tells
      child.stdin?.end(plan.input);
    }
    this.#ended = new Promise((resolve) => {
      let over = false;
      /** @param {number | null} code @param {NodeJS.Signals | null} signal @param {string[]} [lines] */
      const end = (code, signal, lines) => {
        if (over) return;
        over = true;
        const { wasReady } = this;
        const ranMs = performance.now() - spawnedAt;
        this.#child = undefined;
        this.identity = null;
        this.wasReady = false;
        if (this.#wanted) {
          lines ??= lastLines(plan.logFile, 15, logStart);
          this.#crashed({ name: plan.name, code, signal, ranMs, wasReady, lines });
        }
        this.listener.onChange();
        resolve();
      };
      child.once('exit', (code, signal) => end(code, signal));
      child.once('error', (error) => end(null, null, [error.message]));
    });
    this.listener.onChange();
  }

  /** @param {Omit<Crash, 'restartMs'>} crash */
  #crashed(crash) {
    this.#crashes = crash.ranMs > calmMs ? 1 : this.#crashes + 1;
    const restartMs = Math.min(firstDelayMs * 2 ** (this.#crashes - 1), longestDelayMs);
    this.#restart = setTimeout(() => this.#wanted && this.#spawn(), restartMs);
    this.listener.onCrash({ ...crash, restartMs });
  }
}

/**
 * No answer is one to wait for. A sentence for a person (a wrong password) is not.
 * @param {ProcessPlan} plan
 * @param {AbortSignal} signal
 */
async function answers(plan, signal) {
  try {
    return await plan.isReady(signal);
  } catch (error) {
    if (/** @type {Error} */ (error).name === 'UserError') throw error;
    return false;
  }
}
