// @ts-check
import { runJest } from './jest.mjs';
import { failed } from './nx.mjs';
import { runProgram, tail } from './run-program.mjs';
import { System } from './system.mjs';
import { cleanEnvironment } from './temporary.mjs';
import { inRoot, root, toolEnvironment } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */

/**
 * @typedef {object} TestRun
 * @property {import('./output.mjs').Output} output
 * @property {AbortSignal} signal
 * @property {import('./temporary.mjs').TemporaryFolder} folder
 * @property {string[]} patterns of test files, for the suites that Jest runs
 */

/** Folders that hold code and are no Nx project. */
const looseFolders = ['e2e', 'bench'];

/** @param {TestRun} run */
export function checkFormat({ signal }) {
  return oneCheck(
    'prettier --check',
    [inRoot('node_modules/prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
    signal,
  );
}

/** @param {TestRun} run */
export async function lintLoose({ signal }) {
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
export async function checkLooseTypes({ signal }) {
  return oneCheck('types of e2e', [inRoot('node_modules/typescript/bin/tsc'), '-p', 'e2e/tsconfig.json'], signal);
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

/** @param {TestRun} run */
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
export async function endToEndTests({ output, signal, folder, patterns }) {
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
