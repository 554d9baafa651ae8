// @ts-check
import { spawn } from 'node:child_process';
import { build } from './build.mjs';
import { readDemo } from './demo.mjs';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
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
 * `./otpost docs`: writes the files that are made from the code. `--site`: builds the documentation as a site.
 * @param {string[]} args
 */
export async function docs(args) {
  const { flags } = parseFlags('docs', args, { site: ['--site'] });
  if (flags.site) {
    await install(outputTo(process.stderr));
    return runHere('node_modules/vitepress/bin/vitepress.js', ['build', inRoot('docs')]);
  }
  return runBuilt('apps/gateway/dist/documentation/write-documents.js', [root]);
}

/**
 * `./otpost code` and all that talk to a gateway: the otpost of apps/cli. While a system of this home runs, that is what they talk to, with
 * the demo's key, unless they are told otherwise.
 * @param {string[]} args with the command's name
 */
export async function client(args) {
  return runBuilt('apps/cli/bin/otpost.js', args, clientEnvironment(Home.fromEnvironment(), args, process.env));
}

/**
 * @param {Home} home
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @returns {NodeJS.ProcessEnv}
 */
function clientEnvironment(home, args, environment) {
  const isGiven = (/** @type {string} */ option, /** @type {string} */ variable) =>
    Boolean(environment[variable]) || args.some((arg) => arg === option || arg.startsWith(`${option}=`));
  const url = home.running()?.gateway_url;
  // The demo's key is nobody else's business: whoever names another otpost names its key too.
  if (url === undefined || isGiven('--url', 'OTPOST_URL')) return environment;
  const key = isGiven('--key', 'OTPOST_API_KEY') ? undefined : readDemo(home)?.api_key;
  return { ...environment, OTPOST_URL: url, ...(key === undefined ? {} : { OTPOST_API_KEY: key }) };
}

/**
 * Runs a program of the workspace as if it had been called itself. What we say goes to standard error.
 * @param {string} script
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<number>} exit code
 */
async function runBuilt(script, args, environment = process.env) {
  const output = outputTo(process.stderr);
  await install(output);
  await build(output);
  return runHere(script, args, environment);
}

/**
 * @param {string} script
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {Promise<number>} exit code
 */
function runHere(script, args, environment = process.env) {
  const child = spawn(process.execPath, [inRoot(script), ...args], { stdio: 'inherit', env: environment });
  // Ctrl-C in a terminal reaches it too: it ends as it sees fit, and so do we.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
