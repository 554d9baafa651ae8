// @ts-check
import { readDemo } from './demo.mjs';
import { parseFlags } from './flags.mjs';
import { Home } from './home.mjs';
import { isAlive } from './processes.mjs';
import { readKey } from './secrets.mjs';
import { answersReady, serviceNames } from './services.mjs';

/**
 * Where providers post to, and what proves them.
 * @typedef {object} Hooks
 * @property {string} twilio_sms
 * @property {string} sendgrid_parse
 * @property {string} mime
 * @property {string | null} mime_secret
 * @property {string | null} twilio_auth_token
 */

/**
 * What `./otpost status --json` prints.
 * @typedef {object} Status
 * @property {boolean} ready
 * @property {string | null} gateway_url
 * @property {string | null} ingest_url
 * @property {string | null} smtp_url
 * @property {string | null} root_key
 * @property {Hooks | null} hooks
 * @property {{ api_key: string, workspace_id: string, client_encryption_key: string } | null} demo
 * @property {{ name: string, replica: string, pid: number | null, port: number, ready: boolean }[]} services
 */

/**
 * `./otpost status [--json]`. For a person the exit code tells too whether it is ready; with `--json` the answer does.
 * @param {string[]} args
 */
export async function status(args) {
  const { flags } = parseFlags('status', args, { json: ['--json'] });
  const home = Home.fromEnvironment();
  const answer = await readStatus(home);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return 0;
  }
  process.stdout.write(`${describe(home, answer)}\n`);
  return answer.ready ? 0 : 1;
}

/**
 * Asks every service now, rather than what was written down.
 * @param {Home} home
 * @returns {Promise<Status>}
 */
export async function readStatus(home) {
  const state = home.running();
  const demo = readDemo(home);
  const processes = (state?.processes ?? []).filter(({ service }) => serviceNames.some((name) => name === service));
  const services = await Promise.all(
    processes.map(async ({ name, service, host, port, identity }) => {
      const alive = identity !== null && isAlive(identity);
      const ready = alive && (await isReady(host, port));
      return { name: service, replica: name, pid: alive ? identity.pid : null, port, ready };
    }),
  );
  return {
    ready: state?.phase === 'ready' && services.every(({ ready }) => ready),
    gateway_url: state?.gateway_url ?? null,
    ingest_url: state?.ingest_url ?? null,
    smtp_url: state?.smtp_url ?? null,
    root_key: readKey('OTPOST_ROOT_KEY', home) ?? null,
    demo:
      demo?.api_key && demo.workspace_id && demo.client_encryption_key
        ? { api_key: demo.api_key, workspace_id: demo.workspace_id, client_encryption_key: demo.client_encryption_key }
        : null,
    hooks: state ? hooksOf(home, state.hooks_url) : null,
    services,
  };
}

/**
 * @param {Home} home
 * @param {string} url
 * @returns {Hooks}
 */
function hooksOf(home, url) {
  const base = `${url.replace(/\/$/, '')}/inbound`;
  const pathSecret = process.env['OTPOST_SENDGRID_PUBLIC_KEY']
    ? undefined
    : readKey('OTPOST_SENDGRID_PATH_SECRET', home);
  return {
    twilio_sms: `${base}/twilio/sms`,
    sendgrid_parse: `${base}/sendgrid/parse${pathSecret ? `/${pathSecret}` : ''}`,
    mime: `${base}/email/mime`,
    mime_secret: readKey('OTPOST_MIME_SECRET', home) ?? null,
    twilio_auth_token: readKey('OTPOST_TWILIO_AUTH_TOKEN', home) ?? null,
  };
}

/**
 * @param {string} host
 * @param {number} port
 */
function isReady(host, port) {
  return answersReady({ host, port }, AbortSignal.timeout(2_000)).catch(() => false);
}

/**
 * @param {Home} home
 * @param {Status} answer
 */
function describe(home, { ready, services, gateway_url, ingest_url, smtp_url }) {
  const state = home.running();
  if (!state) return describeNotRunning(home);
  const lines = [
    `otpost is ${ready ? 'ready' : state.phase === 'ready' ? 'NOT ready' : state.phase} (pid ${state.supervisor.pid}, since ${state.since})`,
    '',
    ...services.map(({ replica, port, pid, ready: up }) => row(replica, port, pid, up ? 'ready' : 'NOT ready')),
    ...state.processes
      .filter(({ service }) => service === 'postgres' || service === 'redis')
      .map(({ name, port, identity }) => row(name, port, identity?.pid ?? null, identity ? 'runs' : 'NOT running')),
    '',
    `  API      ${gateway_url}`,
    `  Inbound  ${ingest_url}    mail: ${smtp_url}`,
    `  Home     ${home.path}`,
  ];
  if (!ready && state.phase === 'ready') lines.push('', '"./otpost logs" tells more.');
  return lines.join('\n');
}

/** @param {Home} home */
function describeNotRunning(home) {
  const left = (home.readState()?.processes ?? []).filter(({ identity }) => isAlive(identity ?? undefined));
  if (left.length === 0) return `otpost is not running (${home.path}). "./otpost up" starts it.`;
  const names = left.map(({ name }) => name).join(', ');
  return `otpost was killed and left running: ${names}. "./otpost up" ends them and starts anew, "./otpost down" only ends them.`;
}

/**
 * @param {string} name
 * @param {number} port
 * @param {number | null} pid
 * @param {string} condition
 */
function row(name, port, pid, condition) {
  return `  ${name.padEnd(14)}${condition.padEnd(12)}port ${String(port).padEnd(7)}${pid === null ? 'no process' : `pid ${pid}`}`;
}
