// @ts-check
import { lastLines } from './log-files.mjs';
import { readable } from './log-lines.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { Interrupted, UserError } from './output.mjs';

/** @typedef {import('./managed-process.mjs').Crash} Crash */
/** @typedef {import('./managed-process.mjs').ProcessPlan} ProcessPlan */

/** So often a process may end before its first answer until the start is given up. */
const crashesBeforeReady = 3;

/**
 * Starts processes, keeps them running, and stops them in order.
 */
export class Supervisor {
  /** @type {ManagedProcess[]} */
  processes = [];
  /** @type {Map<string, Crash[]>} */
  #crashesAtStart = new Map();
  #ended = false;

  /** @param {{ onChange: () => void, onCrash: (crash: Crash) => void }} listener */
  constructor(listener) {
    this.listener = listener;
  }

  /** @param {ProcessPlan} plan */
  start(plan) {
    if (this.#ended) throw new Interrupted();
    const managed = new ManagedProcess(plan, {
      onChange: this.listener.onChange,
      onCrash: (crash) => {
        const atStart = this.#crashesAtStart.get(crash.name);
        atStart?.push(crash);
        // The last one is what the start fails with: not to be told twice.
        if ((atStart?.length ?? 0) < crashesBeforeReady) this.listener.onCrash(crash);
      },
    });
    this.#crashesAtStart.set(plan.name, []);
    this.processes.push(managed);
    managed.start();
    return managed;
  }

  /**
   * Waits until all of them answer for the first time.
   * @param {ManagedProcess[]} group
   * @param {{ timeoutSeconds: number, signal: AbortSignal }} options
   */
  async allReady(group, { timeoutSeconds, signal }) {
    const overdue = AbortSignal.timeout(timeoutSeconds * 1_000);
    const failed = new AbortController();
    const watch = setInterval(() => {
      const hopeless = group.find(({ name }) => (this.#crashesAtStart.get(name)?.length ?? 0) >= crashesBeforeReady);
      if (hopeless) failed.abort(hopeless);
    }, 100);
    try {
      await Promise.all(
        group.map(async (managed) => {
          await managed.ready(AbortSignal.any([signal, overdue, failed.signal]));
          this.#crashesAtStart.delete(managed.name);
        }),
      );
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (failed.signal.aborted) throw this.#gaveUp(/** @type {ManagedProcess} */ (failed.signal.reason));
      if (!overdue.aborted) throw error;
      throw await notReady(
        group.filter(({ wasReady }) => !wasReady),
        timeoutSeconds,
      );
    } finally {
      clearInterval(watch);
    }
  }

  /** @param {string} name */
  find(name) {
    const managed = this.processes.find((candidate) => candidate.name === name);
    if (!managed) throw new Error(`there is no process ${name}`);
    return managed;
  }

  /**
   * Stops all: one wave after the other, each wave at once.
   * @param {(managed: ManagedProcess) => number} waveOf smaller ones stop first
   */
  async stop(waveOf) {
    this.#ended = true;
    const waves = [...new Set(this.processes.map(waveOf))].sort((one, other) => one - other);
    for (const wave of waves) {
      await Promise.all(this.processes.filter((managed) => waveOf(managed) === wave).map((managed) => managed.stop()));
    }
  }

  async destroy() {
    this.#ended = true;
    await Promise.all(this.processes.map((managed) => managed.destroy()));
  }

  /** @param {ManagedProcess} managed */
  #gaveUp({ name }) {
    const last = this.#crashesAtStart.get(name)?.at(-1);
    return new UserError(
      `${name} does not start: it ended ${crashesBeforeReady} times (${howItEnded(last)}). Its last lines:`,
      last?.lines.map(readable).join('\n'),
    );
  }
}

/** @param {Pick<Crash, 'code' | 'signal'> | undefined} crash */
export function howItEnded(crash) {
  if (crash?.signal) return `killed by ${crash.signal}`;
  return crash?.code === null || crash === undefined ? 'could not be run' : `exit code ${crash.code}`;
}

/**
 * @param {ManagedProcess[]} late
 * @param {number} timeoutSeconds
 */
async function notReady(late, timeoutSeconds) {
  const names = late.map(({ name }) => name).join(', ');
  const details = late.map(async ({ name, plan }) => {
    const why = await plan.whyNotReady?.();
    return [`${name}: ${why ?? ''}`, ...lastLines(plan.logFile, 10).map(readable)].join('\n');
  });
  const text = (await Promise.all(details)).join('\n');
  return new UserError(`not ready after ${timeoutSeconds} s: ${names}. What they say:`, text);
}
