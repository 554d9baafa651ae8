// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { readJson } from './files.mjs';
import { resultOf } from './jest.mjs';
import { runProgram, tail } from './run-program.mjs';
import { sum } from './test-results.mjs';
import { inRoot, projectsWith, root, toolEnvironment } from './workspace.mjs';

/** @typedef {import('./test-results.mjs').SuiteResult} SuiteResult */
/** @typedef {'lint' | 'typecheck' | 'test'} Target */

/** What Nx writes down of its last run. */
const runFile = inRoot('.nx/cache/run.json');
/** Where the `test` target of each project leaves Jest's report, see nx.json. */
const reportFolder = inRoot('.otpost-test');

/**
 * @typedef {{ run: { startTime: string }, tasks: { target: string, projectName: string, hash: string, status: number }[] }} NxRun
 */

/**
 * Runs targets of all projects, from Nx's cache where nothing changed, and counts: each linted or type-checked project is one,
 * each unit test is one.
 * @param {Target[]} targets
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.environment
 * @param {(line: string) => void} options.onTask gets a line for each task that is done
 * @param {AbortSignal} options.signal
 * @returns {Promise<Record<Target, SuiteResult>>}
 */
export async function runTargets(targets, { environment, onTask, signal }) {
  rmSync(reportFolder, { recursive: true, force: true });
  mkdirSync(reportFolder);
  const started = Date.now();
  const { code, ended, said } = await runProgram(
    process.execPath,
    [
      inRoot('node_modules/nx/dist/bin/nx.js'),
      'run-many',
      '-t',
      ...targets,
      '--parallel=2',
      '--nxBail=false',
      '--output-style=static',
    ],
    {
      cwd: root,
      environment: { ...environment, ...toolEnvironment },
      signal,
      onLine: (line) => {
        const [, task] = /^> nx run (\S+)/.exec(line) ?? [];
        if (task) onTask(task.replace(':', ': '));
      },
    },
  );
  /** @type {NxRun | undefined} */
  const run = readJson(runFile);
  const isOurs = run !== undefined && Date.parse(run.run.startTime) >= started - 1_000;
  const tasks = isOurs ? run.tasks : [];
  const results = Object.fromEntries(
    targets.map((target) => {
      const projects = projectsWith(target).map(({ name }) => {
        const task = tasks.find((candidate) => candidate.target === target && candidate.projectName === name);
        return projectResult(target, name, task);
      });
      return [target, sum(projects)];
    }),
  );
  const all = sum(Object.values(results));
  if (code !== 0 && all.failed === 0 && targets[0]) {
    const failure = { title: `Nx ended with ${ended}`, text: tail(said, 60) };
    results[targets[0]] = sum([results[targets[0]] ?? all, { passed: 0, failed: 1, skipped: 0, failures: [failure] }]);
  }
  return /** @type {Record<Target, SuiteResult>} */ (results);
}

/**
 * @param {Target} target
 * @param {string} project
 * @param {{ status: number, hash: string } | undefined} task
 * @returns {SuiteResult}
 */
function projectResult(target, project, task) {
  const title = `${project}: ${target}`;
  if (task === undefined) return failed(title, 'It did not run: what it depends on failed.');
  if (target !== 'test') return task.status === 0 ? onePassed() : failed(title, outputOf(task.hash));
  /** @type {import('./jest.mjs').JestReport | undefined} */
  const report = readJson(`${reportFolder}/${project}.json`);
  const result = report ? resultOf(report) : undefined;
  if (task.status !== 0 && (result?.failed ?? 0) === 0) return failed(title, outputOf(task.hash));
  return result ?? { passed: 0, failed: 0, skipped: 0, failures: [] }; // a project without unit tests
}

/** @returns {SuiteResult} */
function onePassed() {
  return { passed: 1, failed: 0, skipped: 0, failures: [] };
}

/**
 * @param {string} title
 * @param {string} text
 * @returns {SuiteResult}
 */
export function failed(title, text) {
  return { passed: 0, failed: 1, skipped: 0, failures: [{ title, text }] };
}

/** @param {string} hash */
function outputOf(hash) {
  const file = inRoot('.nx/cache/terminalOutputs', hash);
  return existsSync(file) ? tail(readFileSync(file, 'utf8'), 80) : 'Its output is lost.';
}
