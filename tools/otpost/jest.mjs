// @ts-check
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readJson } from './files.mjs';
import { runProgram, tail } from './run-program.mjs';
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
  const { code, ended, said } = await runProgram(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      inRoot('node_modules/jest/bin/jest.js'),
      '--config',
      inRoot(config),
      '--json',
      '--outputFile',
      reportFile,
      ...args,
    ],
    {
      cwd: root,
      environment,
      signal,
      onStart: folder.rememberRunner,
      onLine: (line) => /^(PASS|FAIL) /.test(line) && onFile(line),
    },
  );
  /** @type {JestReport | undefined} */
  const report = readJson(reportFile);
  const result = report ? resultOf(report) : { passed: 0, failed: 0, skipped: 0, failures: [] };
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
