// @ts-check
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * One process of one boot. A pid alone is reused sooner or later; together with the start time it is not.
 * @typedef {{ pid: number, started: string }} Identity
 */

/** @returns {Identity} */
export function self() {
  return identify(process.pid) ?? { pid: process.pid, started: 'unknown' };
}

/**
 * @param {number} pid
 * @returns {Identity | undefined} `undefined` when there is no such process, or only its zombie
 */
export function identify(pid) {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

/** @param {Identity | undefined} identity */
export function isAlive(identity) {
  return identity !== undefined && identify(identity.pid)?.started === identity.started;
}

/**
 * Sends a signal to a process that leads its own group, and to the whole group. One that is gone already is no error.
 * @param {Identity} identity
 * @param {NodeJS.Signals} signal
 * @param {{ group?: boolean }} [options] `group: false` leaves its children to the process itself
 */
export function signalProcess(identity, signal, { group = false } = {}) {
  if (!isAlive(identity)) return;
  try {
    process.kill(group ? -identity.pid : identity.pid, signal);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ESRCH' && group) signalProcess(identity, signal);
    else if (code !== 'ESRCH') throw error;
  }
}

/**
 * @param {Identity} identity
 * @param {number} timeoutMs
 * @returns {Promise<boolean>} whether it is gone
 */
export async function waitUntilGone(identity, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/**
 * Ends a process that is not our child: asks, waits, then kills.
 * @param {Identity} identity
 * @param {{ signal?: NodeJS.Signals, timeoutMs: number }} how
 */
export async function endProcess(identity, { signal = 'SIGTERM', timeoutMs }) {
  signalProcess(identity, signal);
  if (await waitUntilGone(identity, timeoutMs)) return;
  signalProcess(identity, 'SIGKILL', { group: true });
  await waitUntilGone(identity, 5_000);
}

/**
 * Field 22 of /proc/<pid>/stat, in clock ticks since boot, and which boot. The second field is the command's name, which may
 * hold spaces and brackets, so fields are counted from its last bracket.
 * @param {number} pid
 */
function startedOnLinux(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    return `${rest[18]}@${bootId()}`;
  } catch {
    return undefined;
  }
}

/** @type {string | undefined} */
let boot;
function bootId() {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 8);
  } catch {
    boot = 'unknown';
  }
  return boot;
}

/** @param {number} pid */
function startedByPs(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
  return state === undefined || state.startsWith('Z') ? undefined : started;
}
