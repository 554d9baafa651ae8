// @ts-check
import { privateRedisUrl } from './ground.mjs';
import { step, UserError } from './output.mjs';
import { whyNotReachable } from './ports.mjs';
import { postgres } from './postgres.mjs';
import { redis } from './redis.mjs';
import { dataFolder, serverAccount } from './server-account.mjs';

/**
 * @typedef {object} ServerOptions
 * @property {import('./home.mjs').Home} home
 * @property {import('./services.mjs').Environment} environment
 * @property {import('./supervisor.mjs').Supervisor} supervisor
 * @property {import('./secrets.mjs').Passwords} passwords
 * @property {number | undefined} postgresPort of a private one; `undefined` when DATABASE_URL names another
 * @property {number | undefined} redisPort of a private one; `undefined` when REDIS_URL names another
 * @property {string | undefined} redisProgram
 * @property {boolean} durable
 * @property {import('./output.mjs').Output} output
 * @property {AbortSignal} signal
 */

/** @typedef {{ ownerUrl: string, superuserUrl: string, redisUrl: string }} ServerUrls `superuserUrl` is empty for DATABASE_URL */

/**
 * Starts PostgreSQL and Redis side by side, or looks whether those are there that the environment names.
 * @param {ServerOptions} options
 * @param {(work: Promise<unknown>[]) => Promise<void>} together waits for both
 * @returns {Promise<ServerUrls>}
 */
export async function startServers(options, together) {
  const { home, output, postgresPort, redisPort } = options;
  const isPrivate = postgresPort !== undefined || redisPort !== undefined;
  const account = isPrivate ? serverAccount(output) : {};
  const place = { account, folder: isPrivate ? dataFolder(home, account, output) : '' };
  /** @type {ServerUrls} */
  const urls = { ownerUrl: '', superuserUrl: '', redisUrl: '' };
  await together([
    step(
      output,
      'postgresql',
      () => startPostgres(options, place, urls),
      (where) => where,
    ),
    step(
      output,
      'redis',
      () => startRedis(options, place, urls),
      (where) => where,
    ),
  ]);
  return urls;
}

/** @typedef {{ account: import('./server-account.mjs').ServerAccount, folder: string }} Place */

/**
 * @param {ServerOptions} options
 * @param {Place} place
 * @param {ServerUrls} urls filled in
 */
async function startPostgres(
  { environment, postgresPort: port, home, passwords, durable, supervisor, signal },
  place,
  urls,
) {
  if (port === undefined) {
    urls.ownerUrl = environment['DATABASE_URL'] ?? '';
    return checkReachable('DATABASE_URL', urls.ownerUrl, 5432);
  }
  const server = await postgres({
    account: place.account,
    dataFolder: place.folder,
    port,
    logFile: home.logFile('postgres'),
    passwords,
    durable,
    signal,
  });
  await supervisor.allReady([supervisor.start(server.plan)], { timeoutSeconds: 60, signal });
  await server.prepare();
  urls.ownerUrl = server.ownerUrl;
  urls.superuserUrl = server.superuserUrl;
  return `on port ${port}`;
}

/**
 * @param {ServerOptions} options
 * @param {Place} place
 * @param {ServerUrls} urls filled in
 */
async function startRedis(
  { environment, redisPort: port, redisProgram, home, passwords, supervisor, signal },
  place,
  urls,
) {
  if (port === undefined || redisProgram === undefined) {
    urls.redisUrl = environment['REDIS_URL'] ?? '';
    return checkReachable('REDIS_URL', urls.redisUrl, urls.redisUrl.includes('+sentinel:') ? 26379 : 6379);
  }
  const plan = redis({
    program: redisProgram,
    account: place.account,
    dataFolder: place.folder,
    port,
    logFile: home.logFile('redis'),
    password: passwords.redis,
  });
  await supervisor.allReady([supervisor.start(plan)], { timeoutSeconds: 60, signal });
  urls.redisUrl = privateRedisUrl(port, passwords.redis);
  return `on port ${port}`;
}

/**
 * A server that somebody else runs; for Redis several may be named, one of which has to answer.
 * @param {string} variable
 * @param {string} text of the URL: never printed, it holds a password
 * @param {number} defaultPort
 */
async function checkReachable(variable, text, defaultPort) {
  const addresses = addressesOf(text, defaultPort);
  if (addresses === undefined) throw new UserError(`${variable} is not a URL.`);
  const reasons = [];
  for (const { host, port } of addresses) {
    const reason = await whyNotReachable({ host, port, timeoutMs: 5_000 });
    if (!reason) return `${host}:${port}, from ${variable}`;
    reasons.push(`nothing answers at ${host}:${port} (${reason})`);
  }
  throw new UserError(`${reasons.join(', ')}, which ${variable} names.`);
}

/**
 * The hosts that a URL names; `undefined` where it names none. What stands before its last `@` is who logs in, whatever is in it.
 * @param {string} text
 * @param {number} defaultPort
 * @returns {{ host: string, port: number }[] | undefined}
 */
export function addressesOf(text, defaultPort) {
  const [, hosts = ''] = /^[a-z+]+:\/\/(?:[^/?#]*@)?([^@/?#]+)/.exec(text) ?? [];
  const found = hosts.split(',').map((address) => /^(\[.+\]|[^:]+)(?::(\d+))?$/.exec(address));
  const addresses = found.flatMap((match) =>
    match?.[1] === undefined ? [] : [{ host: match[1].replace(/^\[|\]$/g, ''), port: Number(match[2] ?? defaultPort) }],
  );
  return addresses.length === found.length ? addresses : undefined;
}
