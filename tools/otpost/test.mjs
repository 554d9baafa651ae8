// @ts-check
import { mkdirSync } from 'node:fs';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { withLock } from './lock.mjs';
import { outputTo, report, step, surviveClosedPipe, UserError } from './output.mjs';
import { redisProgram } from './redis.mjs';
import { onSignal } from './signals.mjs';
import {
  checkBoundaries,
  checkFormat,
  checkTypes,
  endToEndTests,
  integrationTests,
  lint,
  unitTests,
} from './suites.mjs';
import { temporaryFolder } from './temporary.mjs';
import { countsLine, failed, failIfEmpty, failureText, sum } from './test-results.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */
/** @typedef {import('./suites.mjs').TestRun} TestRun */

const suites = /** @type {const} */ (['format', 'lint', 'types', 'unit', 'boundaries', 'integration', 'e2e']);
/** @typedef {typeof suites[number]} SuiteName */
/** @typedef {{ name: SuiteName, work: (run: TestRun) => Promise<SuiteResult> }} Suite */

/**
 * In lanes that run side by side, and after each other within a lane. What needs servers has the machine to itself.
 * @type {Suite[][][]}
 */
const plan = [
  [
    [
      { name: 'lint', work: lint },
      { name: 'boundaries', work: checkBoundaries },
    ],
    [
      { name: 'format', work: checkFormat },
      { name: 'types', work: checkTypes },
      { name: 'unit', work: unitTests },
    ],
  ],
  [[{ name: 'integration', work: integrationTests }]],
  [[{ name: 'e2e', work: endToEndTests }]],
];

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
  /** @param {Suite} suite */
  const runSuite = async ({ name, work }) => {
    if (!chosen.includes(name)) return;
    const tested = async () => failIfEmpty(await orFailure(name, () => work(run), signal));
    results.push(await step(output, name, tested, countsLine));
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

  for (const lanes of plan) {
    await Promise.all(
      lanes.map(async (lane) => {
        for (const suite of lane) await runSuite(suite);
      }),
    );
  }
  return sum(results);
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
