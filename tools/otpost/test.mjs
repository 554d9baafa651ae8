// @ts-check
import { mkdirSync } from 'node:fs';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { runJest } from './jest.mjs';
import { withLock } from './lock.mjs';
import { failed, runTargets } from './nx.mjs';
import { outputTo, step, surviveClosedPipe, UserError } from './output.mjs';
import { runProgram, tail } from './run-program.mjs';
import { onSignal } from './signals.mjs';
import { System } from './system.mjs';
import { cleanEnvironment, temporaryFolder } from './temporary.mjs';
import { countsLine, failIfEmpty, failureText, nothingYet, sum } from './test-results.mjs';
import { inRoot, root, toolEnvironment } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */
/** @typedef {import('./temporary.mjs').TemporaryFolder} TemporaryFolder */

/**
 * @typedef {object} TestRun
 * @property {import('./output.mjs').Output} output
 * @property {AbortSignal} signal
 * @property {TemporaryFolder} folder
 * @property {string[]} patterns of test files, for the suites that Jest runs
 */

const suites = /** @type {const} */ (['format', 'lint', 'types', 'unit', 'boundaries', 'integration', 'e2e']);
/** @typedef {typeof suites[number]} SuiteName */

const targetOf = /** @type {const} */ ({ lint: 'lint', types: 'typecheck', unit: 'test' });
/** Folders that hold code and are no Nx project, with their own tsconfig.json where they are TypeScript. */
const looseFolders = ['e2e', 'bench'];

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
    if (!stopping.signal.aborted) throw error;
    process.stdout.write('\notpost: interrupted; ending what the tests started.\n');
    return 130;
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
    const result = await step(output, title, async () => failIfEmpty(await work()), countsLine);
    results.push(result);
  };
  mkdirSync(inRoot('.nx'), { recursive: true });
  const onWait = (/** @type {{ pid: number }} */ { pid }) => output.line(`waiting for another otpost (pid ${pid})`);
  try {
    await withLock(inRoot('.nx', 'otpost.lock'), { onWait, signal }, async () => {
      await install(output, signal);
      await build(output, signal);
    });
  } catch (error) {
    const { name, message, details } = /** @type {UserError} */ (error);
    if (name !== 'UserError') throw error;
    return failed('build', `${message}\n${details ?? ''}`);
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

/** @param {TestRun} run */
function checkFormat({ signal }) {
  return oneCheck(
    'prettier --check',
    [inRoot('node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
    signal,
  );
}

/** @param {TestRun} run */
async function lintLoose({ signal }) {
  return oneCheck(
    'lint of e2e and bench',
    [
      inRoot('node_modules/eslint/bin/eslint.js'),
      '--max-warnings=0',
      '--no-error-on-unmatched-pattern',
      ...looseFolders,
    ],
    signal,
  );
}

/** @param {TestRun} run */
async function checkLooseTypes({ signal }) {
  return oneCheck('types of e2e', [inRoot('node_modules/typescript/bin/tsc'), '-p', 'e2e/tsconfig.json'], signal);
}

/** @param {TestRun} run */
async function checkBoundaries({ signal }) {
  const { code, said } = await runProgram(process.execPath, [inRoot('tools/otpost/boundaries.mjs')], {
    cwd: root,
    environment: cleanEnvironment(toolEnvironment),
    signal,
  });
  try {
    return /** @type {SuiteResult} */ (JSON.parse(said.trimEnd().split('\n').at(-1) ?? ''));
  } catch {
    return failed(`boundaries.mjs ended with exit code ${code}`, tail(said));
  }
}

/** @param {TestRun} run */
async function unitTests({ output, signal, folder, patterns }) {
  return runJest({
    config: 'jest.config.js',
    args: [
      ...jestRoots,
      '--testPathIgnorePatterns',
      '\\.integration\\.spec\\.ts$',
      '/node_modules/',
      '--',
      ...patterns,
    ],
    folder,
    environment: cleanEnvironment(),
    onFile: (line) => output.line(line),
    signal,
  });
}

/** @param {TestRun} run */
async function integrationTests({ output, signal, folder, patterns }) {
  const environment = cleanEnvironment();
  const servers = new System({
    home: folder.home('servers'),
    output,
    environment,
    durable: false,
    serversOnly: true,
    prepared: true,
  });
  signal.addEventListener('abort', () => void servers.stop(), { once: true });
  await servers.start();
  try {
    const { superuserUrl, redisUrl } = servers.servers;
    return await runJest({
      config: 'jest.config.js',
      args: [...jestRoots, '--testMatch', '**/*.integration.spec.ts', '--maxWorkers=2', '--', ...patterns],
      folder,
      environment: { ...environment, OTPOST_TEST_DATABASE_URL: superuserUrl, OTPOST_TEST_REDIS_URL: redisUrl },
      onFile: (line) => output.line(line),
      signal,
    });
  } finally {
    await servers.stop();
  }
}

/** @param {TestRun} run */
async function endToEndTests({ output, signal, folder, patterns }) {
  return runJest({
    config: 'e2e/jest.config.js',
    args: ['--runInBand', '--', ...patterns],
    folder,
    environment: cleanEnvironment({ OTPOST_TEST_FOLDER: folder.path }),
    onFile: (line) => output.line(line),
    signal,
  });
}

const jestRoots = ['--rootDir', root, '--roots', inRoot('apps'), inRoot('libs'), inRoot('tools')];

/**
 * A program that says nothing when all is well.
 * @param {string} title
 * @param {string[]} args of Node.js
 * @param {AbortSignal} signal
 * @returns {Promise<SuiteResult>}
 */
async function oneCheck(title, args, signal) {
  const environment = cleanEnvironment(toolEnvironment);
  const { code, said } = await runProgram(process.execPath, args, { cwd: root, environment, signal });
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, failures: [] } : failed(title, tail(said, 80));
}
