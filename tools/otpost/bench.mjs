// @ts-check
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { groundOf } from './ground.mjs';
import { Home } from './home.mjs';
import { install } from './install.mjs';
import { outputTo, UserError } from './output.mjs';
import { identify, signalProcess } from './processes.mjs';
import { onSignal } from './signals.mjs';
import { readStatus } from './status.mjs';
import { cleanEnvironment, temporaryFolder } from './temporary.mjs';
import { describeSystem, testSystem } from './test-system.mjs';
import { inRoot, root } from './workspace.mjs';

/** @typedef {import('./test-system.mjs').SystemDescription} SystemDescription */

/**
 * `./otpost bench <name> [--here]`: runs bench/<name>.mjs, which finds its system in OTPOST_BENCH_SYSTEM (JSON).
 * @param {string[]} args
 */
export async function bench(args) {
  const { flags, words } = parseFlags('bench', args, { here: ['--here'] }, { words: 1 });
  const script = scriptOf(words[0]);
  // Progress goes to standard error, so that the numbers alone can be kept: ./otpost bench codes > numbers.txt
  const output = outputTo(process.stderr);
  const stopping = new AbortController();
  onSignal(() => stopping.abort());
  if (flags.here) return measure(script, await runningSystem(), stopping.signal);

  await install(output, stopping.signal);
  await build(output, stopping.signal);
  if (!needsSystem(script)) return measure(script, undefined, stopping.signal);
  const folder = await temporaryFolder();
  const system = testSystem(folder.home('bench'), {
    // As in real use: every commit reaches the disk. What is passed on lets a bench be tried with other settings.
    durable: true,
    environment: settings(),
    output,
  });
  stopping.signal.addEventListener('abort', () => void system.stop(), { once: true });
  try {
    await system.start();
    return await measure(script, await describeSystem(system), stopping.signal);
  } finally {
    await system.stop();
    await folder.remove();
  }
}

/** @param {string | undefined} name */
function scriptOf(name) {
  const names = existsSync(inRoot('bench')) ? readdirSync(inRoot('bench')).flatMap(benchName) : [];
  if (name === undefined || !names.includes(name)) {
    const problem = name === undefined ? 'which bench?' : `there is no bench "${name}".`;
    throw new UserError(`${problem} There are: ${names.join(', ')}.`);
  }
  return inRoot('bench', `${name}.mjs`);
}

/**
 * A bench says in its head how it is run; the other files there are its parts.
 * @param {string} file
 */
function benchName(file) {
  const name = file.replace(/\.mjs$/, '');
  const text = name === file ? '' : readFileSync(inRoot('bench', file), 'utf8');
  return text.includes(`otpost bench ${name}`) || text.includes(`node bench/${name}.mjs`) ? [name] : [];
}

/**
 * One that measures a library alone never asks for a system.
 * @param {string} script
 */
function needsSystem(script) {
  return readFileSync(script, 'utf8').includes('OTPOST_BENCH_SYSTEM');
}

/** @returns {Promise<SystemDescription>} */
async function runningSystem() {
  const home = Home.fromEnvironment();
  const state = home.running();
  const { ready, gateway_url, ingest_url, smtp_url, root_key, demo, hooks } = await readStatus(home);
  if (!state || !ready || !gateway_url || !ingest_url || !smtp_url || !root_key) {
    throw new UserError('--here needs a running system: "./otpost up --detach" starts one.');
  }
  const { ownerUrl, redisUrl } = groundOf(home, state);
  return {
    home: home.path,
    gateway_url,
    ingest_url,
    smtp_url,
    root_key,
    demo,
    hooks,
    database_url: ownerUrl,
    superuser_url: '',
    redis_url: redisUrl,
  };
}

/** What the shell says of how services work, without what it says of where another system is. */
function settings() {
  const elsewhere =
    /^OTPOST_(HOME|GATEWAY_PORT|INGEST_PORT|SMTP_PORT|PUBLIC_URL|PUBLIC_INGEST_URL|BIND)$|_(KEY|KEYRING)(_FILE)?$/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('OTPOST_') && !elsewhere.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}

/**
 * @param {string} script
 * @param {SystemDescription | undefined} system
 * @param {AbortSignal} signal
 * @returns {Promise<number>} its exit code
 */
function measure(script, system, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(130);
    const child = spawn(process.execPath, [script], {
      cwd: root,
      env: { ...cleanEnvironment(settings()), ...(system ? { OTPOST_BENCH_SYSTEM: JSON.stringify(system) } : {}) },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    signal.addEventListener('abort', () => identity && signalProcess(identity, 'SIGTERM', { group: true }), {
      once: true,
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(signal.aborted ? 130 : (code ?? 1)));
  });
}
