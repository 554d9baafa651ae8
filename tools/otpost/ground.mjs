// @ts-check
import { UserError } from './output.mjs';
import { ensurePasswords } from './secrets.mjs';

/**
 * What the services stand on.
 * @typedef {object} Ground
 * @property {string} ownerUrl PostgreSQL as the role that owns the schema
 * @property {string} redisUrl
 * @property {import('./secrets.mjs').Passwords} passwords
 */

/**
 * How to reach PostgreSQL and Redis of a running system.
 * @param {import('./home.mjs').Home} home
 * @param {import('./home.mjs').RunState} state
 * @param {Record<string, string | undefined>} [environment]
 * @returns {Ground}
 */
export function groundOf(home, { postgres_port, redis_port }, environment = process.env) {
  const passwords = ensurePasswords(home);
  return {
    ownerUrl: postgres_port ? privateOwnerUrl(postgres_port, passwords.owner) : given('DATABASE_URL', environment),
    redisUrl: redis_port ? privateRedisUrl(redis_port, passwords.redis) : given('REDIS_URL', environment),
    passwords,
  };
}

/**
 * @param {number} port
 * @param {string} password
 */
export function privateOwnerUrl(port, password) {
  return `postgresql://otpost:${password}@127.0.0.1:${port}/otpost`;
}

/**
 * @param {number} port
 * @param {string} password
 */
export function privateRedisUrl(port, password) {
  return `redis://:${password}@127.0.0.1:${port}`;
}

/**
 * @param {string} variable
 * @param {Record<string, string | undefined>} environment
 */
function given(variable, environment) {
  const value = environment[variable];
  if (!value)
    throw new UserError(`the system was started with ${variable}: set it here to the same value, then try again.`);
  return value;
}
