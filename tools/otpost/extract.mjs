// @ts-check
import { spawn } from 'node:child_process';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { outputTo } from './output.mjs';
import { inRoot } from './workspace.mjs';

/**
 * `./otpost extract`: messages as JSON lines in, one JSON line out for each. No service runs for it.
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function extract(args) {
  parseFlags('extract', args, {});
  const output = outputTo(process.stderr); // standard output is for the answers
  await install(output);
  await build(output);
  const child = spawn(process.execPath, [inRoot('libs/code-extraction/dist/extract-cli.js')], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
