// @ts-check
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readJson } from './files.mjs';
import { runProgram, tail } from './run-program.mjs';
import { nothingYet } from './test-results.mjs';
import { inRoot, root } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */

/**
 * The parts of Jest's `--json` that count.
 * @typedef {object} JestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {number} numRuntimeErrorTestSuites files that could not even be loaded
 * @property {{ name: string, status: string, message: string }[]} testResults
 */

/** How long Jest may take to exit once it complained that it cannot. */
const exitSeconds = 15;

/**
 * Runs Jest once over several projects.
 * @param {object} options
 * @param {string} options.config relative to the root
 * @param {string[]} options.args
 * @param {import('./temporary.mjs').TemporaryFolder} options.folder where its systems live, and its report
 * @param {NodeJS.ProcessEnv} options.environment
 * @param {(line: string) => void} options.onFile gets a line for each test file that is done
 * @param {AbortSignal} options.signal
 * @returns {Promise<SuiteResult>}
 */
export async function runJest({ config, args, folder, environment, onFile, signal }) {
  const reportFile = join(folder.path, 'report.json');
  rmSync(reportFile, { force: true });
  const hanging = new AbortController();
  const onLine = (/** @type {string} */ line) => {
    if (/^(PASS|FAIL) /.test(line)) onFile(line);
    if (line.startsWith('Jest did not exit')) setTimeout(() => hanging.abort(), exitSeconds * 1_000).unref();
  };
  const nodeArgs = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jestArgs = ['--config', inRoot(config), '--json', '--outputFile', reportFile, ...args];
  const { code, ended, said } = await runProgram(
    process.execPath,
    [...nodeArgs, inRoot('node_modules/jest/bin/jest.js'), ...jestArgs],
    {
      cwd: root,
      environment,
      signal: AbortSignal.any([signal, hanging.signal]),
      onStart: folder.rememberRunner,
      onLine,
    },
  ).catch((error) => {
    if (!hanging.signal.aborted) throw error;
    return { code: 1, ended: `a kill, ${exitSeconds} s after the last test: some test left something open`, said: '' };
  });
  /** @type {JestReport | undefined} */
  const report = readJson(reportFile);
  const result = report ? resultOf(report) : nothingYet();
  if (code !== 0 && result.failed === 0) {
    return { ...result, failed: 1, failures: [{ title: `Jest ended with ${ended}`, text: tail(said, 60) }] };
  }
  return result;
}

/**
 * @param {JestReport} report
 * @returns {SuiteResult}
 */
export function resultOf(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults
      .filter(({ status }) => status === 'failed')
      .map(({ name, message }) => ({ title: name.replace(`${root}/`, ''), text: stripVTControlCharacters(message) })),
  };
}
