// @ts-check
import { spawn } from 'node:child_process';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { outputTo } from './output.mjs';
import { inRoot, root } from './workspace.mjs';

/**
 * `./otpost extract`: messages as JSON lines in, one JSON line out for each. No service runs for it.
 * @param {string[]} args
 */
export async function extract(args) {
  parseFlags('extract', args, {});
  return runBuilt('libs/code-extraction/dist/extract-cli.js', []);
}

/**
 * `./otpost docs`: writes the files that are made from the code.
 * @param {string[]} args
 */
export async function docs(args) {
  parseFlags('docs', args, {});
  return runBuilt('apps/gateway/dist/documentation/write-documents.js', [root]);
}

/**
 * Runs a program of the workspace as if it had been called itself. What we say goes to standard error.
 * @param {string} script
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
async function runBuilt(script, args) {
  const output = outputTo(process.stderr);
  await install(output);
  await build(output);
  const child = spawn(process.execPath, [inRoot(script), ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
