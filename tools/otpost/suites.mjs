// @ts-check
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runJest } from './jest.mjs';
import { runProgram, tail } from './run-program.mjs';
import { startSharedSystem } from './shared-system.mjs';
import { System } from './system.mjs';
import { cleanEnvironment } from './temporary.mjs';
import { failed, sum } from './test-results.mjs';
import { inRoot, root, toolEnvironment } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */

/**
 * @typedef {object} TestRun
 * @property {import('./output.mjs').Output} output
 * @property {AbortSignal} signal
 * @property {import('./temporary.mjs').TemporaryFolder} folder
 * @property {string[]} patterns of test files, for the suites that Jest runs
 */

/** Each with a `tsconfig.json`: all of the services, libraries and end-to-end tests are one program, the rest has types of its own. */
const programs = ['.', 'tools/otpost', 'apps/console'];

/** @param {TestRun} run */
export function checkFormat({ signal }) {
  return oneCheck(
    'prettier --check',
    [inRoot('node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
    signal,
  );
}

/** @param {TestRun} run */
export function lint({ signal }) {
  return oneCheck('eslint', [inRoot('node_modules/eslint/bin/eslint.js'), '--max-warnings=0', '.'], signal);
}

/** @param {TestRun} run */
export async function checkTypes({ signal }) {
  const tsc = inRoot('node_modules/typescript/bin/tsc');
  const results = [];
  for (const folder of programs) {
    const config = join(folder, 'tsconfig.json');
    if (existsSync(inRoot(config))) results.push(await oneCheck(`tsc -p ${config}`, [tsc, '-p', config], signal));
  }
  return sum(results);
}

/** @param {TestRun} run */
export async function checkBoundaries({ signal }) {
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
export async function unitTests({ output, signal, folder, patterns }) {
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

/**
 * Three workers on two cores, as for the end-to-end tests: much of what they do is wait, for leases, for windows, for servers to come back.
 * @param {TestRun} run
 */
export async function integrationTests({ output, signal, folder, patterns }) {
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
      args: [...jestRoots, '--testMatch', '**/*.integration.spec.ts', '--maxWorkers=3', '--', ...patterns],
      folder,
      environment: { ...environment, OTPOST_TEST_DATABASE_URL: superuserUrl, OTPOST_TEST_REDIS_URL: redisUrl },
      onFile: (line) => output.line(line),
      signal,
    });
  } finally {
    await servers.stop();
  }
}

/**
 * The canary test comes last, by itself: it reads what all others left behind.
 * @param {TestRun} run
 */
export async function endToEndTests({ output, signal, folder, patterns }) {
  const stop = await startSharedSystem(folder, signal);
  const jest = (/** @type {string[]} */ ...args) =>
    runJest({
      config: 'e2e/jest.config.js',
      args: ['--passWithNoTests', ...args, '--', ...patterns],
      folder,
      environment: cleanEnvironment({ OTPOST_TEST_FOLDER: folder.path }),
      onFile: (line) => output.line(line),
      signal,
    });
  try {
    const canary = 'e2e/canary\\.spec\\.ts$';
    const others = await jest('--maxWorkers=3', '--testPathIgnorePatterns', '/node_modules/', canary);
    return sum([others, await jest('--testMatch', '**/canary.spec.ts')]);
  } finally {
    await stop();
  }
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
