// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writePrivate } from './files.mjs';
import { step, UserError } from './output.mjs';
import { runProgram, tail } from './run-program.mjs';
import { inRoot, projectsWith, root, toolEnvironment } from './workspace.mjs';

/** What decides what a build makes. Tests are left out. */
const inputs = [
  'apps',
  'libs',
  'prisma',
  'docs/openapi.json',
  'package-lock.json',
  'nx.json',
  '.swcrc',
  'tsconfig.base.json',
  'prisma.config.ts',
];
const notInputs = new Set(['dist', 'node_modules', 'generated', 'coverage']);

/** @typedef {{ inputs: string, outputs: string }} Stamp */

/**
 * Builds every app and library with Nx, or nothing when nothing changed since the last build: asking Nx takes a second, and
 * reading all sources takes a twentieth of it.
 * @param {import('./output.mjs').Output} output
 * @param {AbortSignal} [signal]
 */
export async function build(output, signal) {
  const stampFile = inRoot('.nx', 'otpost-build.json');
  const projects = projectsWith('build');
  const stamp = readJson(stampFile);
  const sources = hashOfSources();
  if (stamp?.inputs === sources && stamp.outputs === stateOfOutputs(projects)) return;
  await step(
    output,
    'build',
    async () => {
      await nx(['run-many', '-t', 'build', '--output-style=static'], signal);
      mkdirSync(inRoot('.nx'), { recursive: true });
      writePrivate(stampFile, JSON.stringify({ inputs: sources, outputs: stateOfOutputs(projects) }));
    },
    () => `${projects.length} projects`,
  );
}

/**
 * @param {string[]} args
 * @param {AbortSignal | undefined} signal
 */
async function nx(args, signal) {
  const { code, ended, said } = await runProgram(
    process.execPath,
    [inRoot('node_modules/nx/dist/bin/nx.js'), ...args],
    {
      cwd: root,
      environment: { ...process.env, ...toolEnvironment },
      signal,
    },
  );
  if (code !== 0) throw new UserError(`the build failed (${ended}).`, tail(said, 60));
}

/** By content, so that a switch of branch and back builds nothing. */
function hashOfSources() {
  const hash = createHash('sha256').update(process.version);
  for (const input of inputs) {
    if (!existsSync(inRoot(input))) continue;
    for (const file of filesUnder(input)) {
      if (file.endsWith('.spec.ts')) continue;
      hash
        .update(`${file}\0`)
        .update(readFileSync(inRoot(file)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/**
 * Which built files there are, of what size and age: tells when somebody else built, or cleaned, in the meantime.
 * @param {{ folder: string }[]} projects
 */
function stateOfOutputs(projects) {
  const hash = createHash('sha256');
  for (const { folder } of projects) {
    const dist = join(folder, 'dist');
    if (!existsSync(inRoot(dist))) return 'missing';
    for (const file of filesUnder(dist, new Set())) {
      const { size, mtimeMs } = statSync(inRoot(file));
      hash.update(`${file}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest('hex');
}

/**
 * @param {string} path relative to the root
 * @param {Set<string>} [except] names of folders that are passed over
 * @returns {string[]} sorted
 */
function filesUnder(path, except = notInputs) {
  if (!statSync(inRoot(path)).isDirectory()) return [path];
  return readdirSync(inRoot(path), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return except.has(entry.name) ? [] : filesUnder(join(path, entry.name), except);
      return [join(path, entry.name)];
    });
}
