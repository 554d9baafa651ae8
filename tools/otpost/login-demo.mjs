// @ts-check
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from './build.mjs';
import { parseFlags } from './flags.mjs';
import { install } from './install.mjs';
import { Interrupted, outputTo, UserError } from './output.mjs';
import { onSignal } from './signals.mjs';
import { temporaryFolder } from './temporary.mjs';
import { describeSystem, testSystem } from './test-system.mjs';

/** @typedef {import('./test-system.mjs').SystemDescription} SystemDescription */
/** @typedef {import('playwright-core').Browser} Browser */

/** How long the example site's mail and SMS are under way: a little, so that the waiting can be seen. */
const deliveryMs = 1_500;

/**
 * `./otpost demo [--screenshots DIR]`: an agent signs in to an example site six times, each time with another second factor, and every
 * step is told. It all happens on a system of its own, of which nothing is left.
 * @param {string[]} args
 */
export async function demo(args) {
  const { flags } = parseFlags('demo', args, { screenshots: ['--screenshots'] }, { withValue: ['screenshots'] });
  const pictures = flags.screenshots === undefined ? undefined : resolve(flags.screenshots);
  const output = outputTo(process.stdout);
  const stopping = new AbortController();
  onSignal(() => stopping.abort());

  say('otpost demo: an agent with a browser signs in six times, each time with another second factor.');
  await install(output, stopping.signal);
  // What is installed only now can be imported only now.
  const { findChromium, launchChromium } = await import('../../e2e/browser.mjs');
  const chromium = findChromium();
  if (chromium === undefined) throw new UserError(noChromium());
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  await build(output, stopping.signal);

  const folder = await temporaryFolder();
  const system = testSystem(folder.home('demo'), { demo: false, output });
  stopping.signal.addEventListener('abort', () => void system.stop(), { once: true });
  /** @type {Browser | undefined} */
  let browser;
  try {
    await system.start();
    browser = await launchChromium(chromium);
    const interrupted = new Promise((_, reject) =>
      stopping.signal.addEventListener('abort', () => reject(new Interrupted()), { once: true }),
    );
    await Promise.race([play(await describeSystem(system), browser, pictures), interrupted]);
    return 0;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    say('\notpost: stopped.');
    return 130;
  } finally {
    await browser?.close();
    await system.stop();
    await folder.remove();
  }
}

/**
 * @param {SystemDescription} system
 * @param {Browser} browser
 * @param {string | undefined} pictures
 */
async function play(system, browser, pictures) {
  const { Otpost } = await import('../../e2e/login-agent/otpost.mjs');
  const { scenes, setStage } = await import('../../e2e/login-agent/stage.mjs');
  const otpost = new Otpost({ gatewayUrl: system.gateway_url, ...(await newWorkspace(system)) });
  const stage = await setStage({
    otpost,
    smtpUrl: system.smtp_url,
    smsHookUrl: system.hooks?.twilio_sms ?? '',
    deliveryMs,
  });
  /** @type {string[]} */
  const results = [];
  try {
    say(`
  site     Harbour, an example, at ${stage.site.url}. It mails and texts its codes, and checks every one itself.
  otpost   holds six logins for it: sealed passwords, two seeds, two mail addresses of its own, a phone number.
  agent    has an API key, and for every second factor the same few lines: e2e/login-agent/agent.mjs`);

    const picture = photographer(pictures);
    for (const [index, scene] of scenes.entries()) {
      say(`\n${index + 1}. ${scene.name} has ${scene.title}`);
      const startedAt = performance.now();
      const { challenge, waitedMs } = await stage.play({ scene, browser, tell: narrator(startedAt), picture });
      results.push(
        `  ${scene.name.padEnd(8)}${(challenge.factor ?? '').padEnd(16)}code after ${seconds(waitedMs)}, signed in after ${seconds(performance.now() - startedAt)}`,
      );
    }
  } finally {
    await stage.close();
  }

  const count = (/** @type {string} */ line) => otpost.calls.filter((call) => call === line).length;
  say(
    `\n${stage.site.entered.length} of ${scenes.length} signed in, by ${count('POST /v1/challenges')} calls of POST /v1/challenges:`,
  );
  say(results.join('\n'));
  if (pictures !== undefined) say(`\nPictures: ${pictures}`);
  say('\nTry it yourself: "./otpost up".');
}

/**
 * @param {number} startedAt
 * @returns {import('../../e2e/login-agent/agent.mjs').Tell}
 */
function narrator(startedAt) {
  return (who, what) => say(`  ${seconds(performance.now() - startedAt).padStart(6)}  ${who.padEnd(7)} ${what}`);
}

/**
 * @param {string | undefined} folder `undefined`: nobody wants pictures
 * @returns {import('../../e2e/login-agent/agent.mjs').Picture}
 */
function photographer(folder) {
  return async (page, name) => folder && page.screenshot({ path: join(folder, `${name}.png`) });
}

/**
 * @param {SystemDescription} system
 * @returns {Promise<{ apiKey: string, clientEncryptionKey: string }>}
 */
async function newWorkspace({ gateway_url, root_key }) {
  const response = await fetch(`${gateway_url}/v1/workspaces`, {
    method: 'POST',
    headers: { authorization: `Bearer ${root_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'demo' }),
  });
  if (!response.ok) throw new Error(`POST /v1/workspaces: ${response.status} ${await response.text()}`);
  const { api_key, client_encryption_key } =
    /** @type {{ api_key: { key: string }, client_encryption_key: string }} */ (await response.json());
  return { apiKey: api_key.key, clientEncryptionKey: client_encryption_key };
}

function noChromium() {
  if (process.env['CHROMIUM']) return `CHROMIUM=${process.env['CHROMIUM']} is no program.`;
  const command = process.platform === 'darwin' ? 'brew install --cask chromium' : 'sudo apt-get install chromium';
  return `the demo drives a browser, and there is none: "${command}", or set CHROMIUM to the path of a Chromium or Chrome.`;
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** @param {string} text */
function say(text) {
  process.stdout.write(`${text}\n`);
}
