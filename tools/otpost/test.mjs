// @ts-check
import { mkdirSync } from 'node:fs';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { withLock } from './lock.mjs';
import { failed, runTargets } from './nx.mjs';
import { outputTo, report, step, surviveClosedPipe, UserError } from './output.mjs';
import { redisProgram } from './redis.mjs';
import { onSignal } from './signals.mjs';
import {
  checkBoundaries,
  checkFormat,
  checkLooseTypes,
  endToEndTests,
  integrationTests,
  lintLoose,
  unitTests,
} from './suites.mjs';
import { cleanEnvironment, temporaryFolder } from './temporary.mjs';
import { countsLine, failIfEmpty, failureText, nothingYet, sum } from './test-results.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */
/** @typedef {import('./suites.mjs').TestRun} TestRun */

const suites = /** @type {const} */ (['format', 'lint', 'types', 'unit', 'boundaries', 'integration', 'e2e']);
/** @typedef {typeof suites[number]} SuiteName */

const targetOf = /** @type {const} */ ({ lint: 'lint', types: 'typecheck', unit: 'test' });

/**
 * `./otpost test [suite] [pattern]`. The last line is `N passed, N failed`, over all suites.
 * @param {string[]} args
 */
export async function test(args) {
  const { words } = parseFlags('test', args, {}, { words: 2 });
  const chosen = chooseSuites(words[0]);
  surviveClosedPipe(process.stdout);
  const stopping = new AbortController();
  onSignal(() => stopping.abort());
  const output = outputTo(process.stdout);
  const folder = await temporaryFolder();
  /** @type {TestRun} */
  const run = { output, signal: stopping.signal, folder, patterns: words.slice(1) };
  try {
    const result = await runSuites(chosen, run);
    process.stdout.write(`\n${failureText(result)}\n${countsLine(result)}\n`);
    return result.failed > 0 ? 1 : 0;
  } catch (error) {
    if (stopping.signal.aborted) {
      process.stdout.write('\notpost: interrupted; ending what the tests started.\n');
      return 130;
    }
    report(error);
    process.stdout.write(`\n${countsLine(failed('the run', ''))}\n`);
    return 1;
  } finally {
    await folder.remove();
  }
}

/**
 * @param {string | undefined} name
 * @returns {readonly SuiteName[]}
 */
function chooseSuites(name) {
  if (name === undefined) return suites;
  const chosen = suites.filter((suite) => suite === name);
  if (chosen.length === 0) throw new UserError(`there is no suite "${name}"; there are: ${suites.join(', ')}.`);
  return chosen;
}

/**
 * @param {readonly SuiteName[]} chosen
 * @param {TestRun} run
 * @returns {Promise<SuiteResult>}
 */
async function runSuites(chosen, run) {
  const { output, signal } = run;
  /** @type {SuiteResult[]} */
  const results = [];
  /** @param {string} title @param {() => Promise<SuiteResult>} work */
  const suite = async (title, work) => {
    results.push(await step(output, title, async () => failIfEmpty(await orFailure(title, work, signal)), countsLine));
  };
  mkdirSync(inRoot('.nx'), { recursive: true });
  const onWait = (/** @type {{ pid: number }} */ { pid }) => output.line(`waiting for another otpost (pid ${pid})`);
  try {
    // Who lacks Redis and may not install it hears of it first, not after the unit tests.
    if (chosen.includes('integration') || chosen.includes('e2e')) await redisProgram(output, signal);
    await withLock(inRoot('.nx', 'otpost.lock'), { onWait, signal }, async () => {
      await install(output, signal);
      await build(output, signal);
    });
  } catch (error) {
    const { name, message, details } = /** @type {UserError} */ (error);
    if (name !== 'UserError') throw error;
    return failed('before any test', `${message}\n${details ?? ''}`);
  }

  if (chosen.includes('format')) await suite('format', () => checkFormat(run));
  const targets = nxTargets(chosen, run);
  if (targets.length > 0) {
    const byTarget = await step(output, 'nx', () =>
      runTargets(targets, { environment: cleanEnvironment(), signal, onTask: (line) => output.line(line) }),
    );
    for (const [name, target] of Object.entries(targetOf)) {
      const extra = name === 'lint' ? lintLoose : name === 'types' ? checkLooseTypes : undefined;
      if (targets.includes(target))
        await suite(name, async () => sum([byTarget[target], (await extra?.(run)) ?? nothingYet()]));
    }
  } else if (chosen.includes('unit')) {
    await suite('unit', () => unitTests(run));
  }
  if (chosen.includes('boundaries')) await suite('boundaries', () => checkBoundaries(run));
  if (chosen.includes('integration')) await suite('integration', () => integrationTests(run));
  if (chosen.includes('e2e')) await suite('e2e', () => endToEndTests(run));
  return sum(results);
}

/**
 * With a pattern, unit tests go to Jest itself: Nx only knows whole projects.
 * @param {readonly SuiteName[]} chosen
 * @param {TestRun} run
 */
function nxTargets(chosen, { patterns }) {
  return Object.entries(targetOf)
    .filter(([name]) => chosen.some((suite) => suite === name) && !(name === 'unit' && patterns.length > 0))
    .map(([, target]) => target);
}

/**
 * A suite that cannot even be run has failed, and the others are run all the same.
 * @param {string} title
 * @param {() => Promise<SuiteResult>} work
 * @param {AbortSignal} signal
 */
async function orFailure(title, work, signal) {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    const { message, details, stack } = /** @type {UserError} */ (error);
    return failed(`${title} could not be run`, details === undefined ? (stack ?? message) : `${message}\n${details}`);
  }
}
