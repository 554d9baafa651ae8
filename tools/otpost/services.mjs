// @ts-check
import { existsSync } from 'node:fs';
import { UserError } from './output.mjs';
import { keyFiles } from './secrets.mjs';
import { inRoot, root } from './workspace.mjs';

/** @typedef {import('./home.mjs').Home} Home */
/** @typedef {import('./managed-process.mjs').ProcessPlan} ProcessPlan */
/** @typedef {Record<string, string | undefined>} Environment */
/** @typedef {'gateway' | 'vault' | 'ingestor' | 'dispatcher'} ServiceName */

/**
 * Edges first: they are the ones that stop first, while what they ask is still there.
 * @type {readonly ServiceName[]}
 */
export const serviceNames = ['gateway', 'ingestor', 'dispatcher', 'vault'];
/** @type {readonly string[]} */
export const edges = ['gateway', 'ingestor'];

/** Ports a person chooses. The first replica gets it, the others any free one. */
const portVariables = /** @type {const} */ ({
  gateway: { variable: 'OTPOST_GATEWAY_PORT', fallback: 3000 },
  ingestor: { variable: 'OTPOST_INGEST_PORT', fallback: 3001 },
  smtp: { variable: 'OTPOST_SMTP_PORT', fallback: 2525 },
});

/**
 * One process of a service, before anything is started.
 * @typedef {object} Replica
 * @property {ServiceName} service
 * @property {string} name `vault`, `vault-2`
 * @property {string} host
 * @property {number} port
 * @property {number} [smtpPort] of an ingestor
 */

/** @typedef {{ gateway_url: string, ingest_url: string, smtp_url: string }} Urls */
/** @typedef {import('./ground.mjs').Ground} Ground */

/** Not of otpost, and needed all the same: by Node.js, by TLS, by proxies. The rest of a shell's environment is nobody's business. */
const passedOn =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|NODE_\w+|SSL_CERT_(FILE|DIR)|(https?|no|all)_proxy|OTEL_\w+)$/i;
/** The login of the mail relay, which has no file of its own. */
const dispatcherOnly = /^OTPOST_SMTP_RELAY_URL(_FILE)?$/;
/** How the vault reaches a KMS. */
const vaultOnly = /^((AWS|GOOGLE|CLOUDSDK|VAULT|BAO)_\w+|OTPOST_(AWS_KMS|GCP_KMS|TRANSIT)_\w+)$/;

/**
 * Chooses every port, and looks whether the chosen ones are free, before anything is started.
 * @param {Environment} environment
 * @param {import('./ports.mjs').Ports} ports
 * @returns {Promise<Replica[]>}
 * @throws UserError with one line for each port or number that cannot be used
 */
export async function planReplicas(environment, ports) {
  const bind = environment['OTPOST_BIND'] || '127.0.0.1';
  /** @type {Replica[]} */
  const replicas = [];
  /** @type {string[]} */
  const problems = [];
  /** @param {'gateway' | 'ingestor' | 'smtp'} what */
  const wanted = async (what) => {
    const { variable, fallback } = portVariables[what];
    const { port, problem } = await ports.wanted({ variable, value: environment[variable], fallback, host: bind });
    if (problem) problems.push(problem);
    return port;
  };
  // All chosen ports before any free one, so that none of these is taken by chance.
  const first = { gateway: await wanted('gateway'), ingestor: await wanted('ingestor'), smtp: await wanted('smtp') };
  for (const service of serviceNames) {
    const variable = `OTPOST_${service.toUpperCase()}_REPLICAS`;
    const count = Number(environment[variable] || 1);
    if (!Number.isInteger(count) || count < 1 || count > 64) {
      problems.push(`${variable}=${environment[variable]} is not a number of replicas: use 1 to 64.`);
      continue;
    }
    for (let number = 1; number <= count; number++) {
      const isEdge = service === 'gateway' || service === 'ingestor';
      // Health and metrics of the inner services are for this machine alone.
      const host = isEdge ? bind : '127.0.0.1';
      const port = isEdge && number === 1 ? first[service] : await ports.free(host);
      const smtpPort = number === 1 ? first.smtp : service === 'ingestor' ? await ports.free(host) : 0;
      const name = number === 1 ? service : `${service}-${number}`;
      replicas.push({ service, name, host, port, ...(service === 'ingestor' ? { smtpPort } : {}) });
    }
  }
  if (problems.length > 0) throw new UserError(problems.join('\notpost: '));
  return replicas;
}

/**
 * The addresses of a system, as a person on this machine uses them.
 * @param {Replica[]} replicas
 * @returns {Urls}
 */
export function urlsOf(replicas) {
  const gateway = replicas.find(({ name }) => name === 'gateway');
  const ingestor = replicas.find(({ name }) => name === 'ingestor');
  if (!gateway || !ingestor) throw new Error('a system has a gateway and an ingestor');
  const host = hostForUrl(gateway.host);
  return {
    gateway_url: `http://${host}:${gateway.port}`,
    ingest_url: `http://${host}:${ingestor.port}`,
    smtp_url: `smtp://${host}:${ingestor.smtpPort}`,
  };
}

/**
 * @param {Replica} replica
 * @param {Urls} urls
 * @param {Home} home
 * @param {Ground} ground
 * @param {Environment} environment
 * @returns {ProcessPlan}
 */
export function planService(replica, urls, home, ground, environment) {
  const main = inRoot('apps', replica.service, 'dist', 'main.js');
  if (!existsSync(main)) throw new UserError(`apps/${replica.service} was not built: ${main} is missing.`);
  return {
    name: replica.name,
    service: replica.service,
    host: replica.host,
    port: replica.port,
    command: process.execPath,
    args: [main],
    environment: serviceEnvironment(replica, urls, home, ground, environment),
    cwd: root,
    logFile: home.logFile(replica.name),
    isReady: (signal) => answersReady(replica, signal),
    whyNotReady: () => readyzSays(replica),
    // A little more than it gives itself, so that it is killed only when it hangs.
    stopSeconds: Number(environment['OTPOST_SHUTDOWN_SECONDS'] || 25) + 5,
  };
}

/**
 * What one service is told. No service hears of keys, passwords or cloud accounts that are another's.
 * @param {Replica} replica
 * @param {Urls} urls
 * @param {Home} home
 * @param {Ground} ground
 * @param {Environment} environment
 * @returns {Record<string, string>}
 */
export function serviceEnvironment(replica, urls, home, ground, environment) {
  const { service } = replica;
  /** @type {Record<string, string>} */
  const told = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const keyName = name.replace(/_FILE$/, '');
    if (Object.hasOwn(keyFiles, keyName)) {
      if (keyFiles[keyName]?.services.includes(service)) told[name] = value;
    } else if (vaultOnly.test(name)) {
      if (service === 'vault') told[name] = value;
    } else if (dispatcherOnly.test(name)) {
      if (service === 'dispatcher') told[name] = value;
    } else if (passedOn.test(name)) {
      told[name] = value;
    } else if (name.startsWith('OTPOST_') && !name.endsWith('_DB_PASSWORD')) {
      told[name] = value;
    }
  }
  for (const [name, { file, services }] of Object.entries(keyFiles)) {
    if (!services.includes(service) || told[name] || told[`${name}_FILE`]) continue;
    // Who gave SendGrid's key wants its signatures, and no way around them.
    if (name === 'OTPOST_SENDGRID_PATH_SECRET' && told['OTPOST_SENDGRID_PUBLIC_KEY']) continue;
    told[`${name}_FILE`] = home.file(file);
  }
  told['OTPOST_PUBLIC_INGEST_URL'] ??= urls.ingest_url;
  told['OTPOST_PUBLIC_URL'] ??= urls.gateway_url;
  told['OTPOST_SERVICE_PORT'] = String(replica.port);
  told['OTPOST_BIND'] = replica.host;
  told['OTPOST_REPLICA'] = replica.name;
  told['DATABASE_URL'] = asRole(ground.ownerUrl, service, rolePasswords(ground.passwords, environment)[service]);
  told['REDIS_URL'] = ground.redisUrl;
  if (service === 'vault') told['DATABASE_OWNER_URL'] = ground.ownerUrl;
  if (replica.smtpPort !== undefined) told['OTPOST_SMTP_PORT'] = String(replica.smtpPort);
  return told;
}

/**
 * The passwords of the services' roles: chosen by the operator, or our own.
 * @param {import('./secrets.mjs').Passwords} passwords
 * @param {Environment} environment
 * @returns {Record<ServiceName, string>}
 */
export function rolePasswords(passwords, environment) {
  const of = (/** @type {ServiceName} */ service) =>
    environment[`OTPOST_${service.toUpperCase()}_DB_PASSWORD`] || passwords[service];
  return { gateway: of('gateway'), vault: of('vault'), ingestor: of('ingestor'), dispatcher: of('dispatcher') };
}

/**
 * @param {{ host: string, port: number }} address
 * @param {AbortSignal} signal
 */
export async function answersReady({ host, port }, signal) {
  const response = await fetch(`http://${hostForUrl(host)}:${port}/readyz`, { signal });
  await response.body?.cancel();
  return response.ok;
}

/** @param {{ host: string, port: number }} address */
async function readyzSays({ host, port }) {
  try {
    const response = await fetch(`http://${hostForUrl(host)}:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return `GET /readyz answers ${response.status} ${await response.text()}`;
  } catch (error) {
    return `GET /readyz has no answer (${/** @type {Error} */ (error).message})`;
  }
}

/** @param {string} bind */
function hostForUrl(bind) {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1';
  return bind.includes(':') ? `[${bind}]` : bind;
}

/**
 * @param {string} ownerUrl
 * @param {ServiceName} service
 * @param {string} password
 */
function asRole(ownerUrl, service, password) {
  const url = new URL(ownerUrl);
  url.username = `otpost_${service}`;
  url.password = encodeURIComponent(password);
  return url.href;
}
