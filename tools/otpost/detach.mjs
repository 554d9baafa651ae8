// @ts-check
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Follower } from './log-files.mjs';
import { identify, isAlive } from './processes.mjs';
import { summary } from './summary.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./home.mjs').Home} Home */

/**
 * Starts a supervisor in the background, shows what it says, and returns when it is ready or has given up.
 * @param {Home} home
 * @returns {Promise<number>} exit code
 */
export async function detach(home) {
  home.create();
  const started = performance.now();
  const logFile = home.logFile('otpost');
  const follower = new Follower(logFile, { fromEnd: true });
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [inRoot('tools/otpost/main.mjs'), 'up', '--supervised'], {
    cwd: '/',
    env: { ...process.env, OTPOST_HOME: home.path },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const identity = identify(child.pid ?? 0);
  let exitCode = /** @type {number | undefined} */ (undefined);
  child.once('exit', (code) => (exitCode = code ?? 1));
  child.once('error', (error) => {
    process.stderr.write(`otpost: the supervisor could not be started: ${error.message}\n`);
    exitCode = 1;
  });
  const interrupt = () => child.kill('SIGTERM');
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);

  for (;;) {
    const over = exitCode !== undefined;
    const ready = !over && identity !== undefined && isReadyUnder(home, identity);
    for (const line of follower.read()) pass(line);
    if (over) return exitCode || 1;
    if (ready) break;
    await sleep(50);
  }
  child.unref();
  const state = home.running();
  if (state) process.stdout.write(`${summary(home, state, ((performance.now() - started) / 1_000).toFixed(1))}\n`);
  process.stdout.write(
    '\nIt runs in the background: "./otpost down" stops it, "./otpost logs -f" shows what it says.\n',
  );
  return 0;
}

/**
 * A second `up` on a home whose system runs: says so, waits until that one is ready, and shows how to use it.
 * @param {Home} home
 * @param {import('./home.mjs').RunState} running
 * @returns {Promise<number>} exit code
 */
export async function waitForOther(home, { supervisor, phase, since }) {
  process.stdout.write(`otpost runs already (pid ${supervisor.pid}, since ${since}).\n`);
  if (phase === 'starting') process.stdout.write('Waiting until it is ready.\n');
  while (!isReadyUnder(home, supervisor)) {
    if (!isAlive(supervisor)) {
      process.stderr.write('otpost: it has ended before it was ready. "./otpost logs" tells why.\n');
      return 1;
    }
    await sleep(100);
  }
  const state = home.running();
  if (state) process.stdout.write(`${summary(home, state)}\n`);
  return 0;
}

/**
 * @param {Home} home
 * @param {import('./processes.mjs').Identity} supervisor
 */
function isReadyUnder(home, supervisor) {
  const state = home.running();
  return state?.phase === 'ready' && state.supervisor.pid === supervisor.pid;
}

/** @param {string} line */
function pass(line) {
  if (line.startsWith('otpost is ready')) return; // the summary says it
  const stream = /^(otpost: | {2}\| )/.test(line) ? process.stderr : process.stdout;
  stream.write(`${line}\n`);
}
