// @ts-check
import { readStatus } from './status.mjs';
import { quiet } from './output.mjs';
import { System } from './system.mjs';
import { cleanEnvironment } from './temporary.mjs';

/**
 * What a test or bench needs to know of a system.
 * @typedef {object} SystemDescription
 * @property {string} home
 * @property {string} gateway_url
 * @property {string} ingest_url
 * @property {string} smtp_url
 * @property {string} root_key
 * @property {import('./status.mjs').Status['demo']} demo
 * @property {import('./status.mjs').Status['hooks']} hooks
 * @property {string} database_url PostgreSQL as the role that owns the schema
 * @property {string} superuser_url PostgreSQL as the superuser, who sees every row of every table
 * @property {string} redis_url
 */

/**
 * A throw-away system on free ports. The build must be there.
 * @param {import('./home.mjs').Home} home
 * @param {object} [options]
 * @param {Record<string, string>} [options.environment] wins over the defaults
 * @param {boolean} [options.demo]
 * @param {boolean} [options.durable] default: no
 * @param {import('./output.mjs').Output} [options.output]
 */
export function testSystem(home, { environment = {}, demo = true, durable = false, output = quiet } = {}) {
  return new System({
    home,
    output,
    environment: cleanEnvironment({
      OTPOST_GATEWAY_PORT: '0',
      OTPOST_INGEST_PORT: '0',
      OTPOST_SMTP_PORT: '0',
      OTPOST_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8,::1/128',
      ...environment,
    }),
    durable,
    demo,
    prepared: true,
  });
}

/**
 * @param {System} system that is ready
 * @returns {Promise<SystemDescription>}
 */
export async function describeSystem(system) {
  const { demo, hooks } = await readStatus(system.home);
  const { ownerUrl, superuserUrl, redisUrl } = system.servers;
  return {
    home: system.home.path,
    ...system.urls,
    root_key: system.rootKey ?? '',
    demo,
    hooks,
    database_url: ownerUrl,
    superuser_url: superuserUrl,
    redis_url: redisUrl,
  };
}
