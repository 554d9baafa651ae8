// @ts-check
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readIfThere, readJson, writePrivate } from './files.mjs';
import { UserError } from './output.mjs';
import { inRoot } from './workspace.mjs';

/** @typedef {import('./home.mjs').Home} Home */

/**
 * Of the private PostgreSQL and Redis, and of the services' own roles in PostgreSQL.
 * @typedef {{ superuser: string, owner: string, redis: string, gateway: string, vault: string, ingestor: string,
 *   dispatcher: string }} Passwords
 */

const passwordsOf = ['superuser', 'owner', 'redis', 'gateway', 'vault', 'ingestor', 'dispatcher'];

/**
 * Key material, by the variable that tells a service where it is. Only the named services get to know of it.
 * @type {Record<string, { file: string, services: string[], make?: () => string }>}
 */
export const keyFiles = {
  OTPOST_TRANSPORT_KEY: { file: 'transport.key', services: ['gateway', 'vault', 'dispatcher'], make: () => hex(32) },
  OTPOST_HOOK_KEY: { file: 'hook.key', services: ['vault', 'ingestor'], make: () => hex(32) },
  OTPOST_ROOT_KEY: { file: 'root.key', services: ['gateway'], make: rootKey },
  OTPOST_KEYRING: { file: 'keyring.json', services: ['vault'] },
  OTPOST_TWILIO_AUTH_TOKEN: {
    file: 'twilio-auth-token',
    services: ['gateway', 'ingestor', 'dispatcher'],
    make: () => hex(16),
  },
  OTPOST_SENDGRID_PATH_SECRET: { file: 'sendgrid-path-secret', services: ['ingestor'], make: () => hex(24) },
  OTPOST_MIME_SECRET: { file: 'mime-secret', services: ['ingestor'], make: webhookSecret },
};

/**
 * Makes what is missing, once. A keyring or password that is gone while its data is still there is never made anew: that
 * would lock the data away for good.
 * @param {Home} home
 * @param {Record<string, string | undefined>} environment
 */
export function ensureKeys(home, environment) {
  const used = existsSync(home.file('demo.json'));
  for (const { file, make } of Object.values(keyFiles)) {
    if (!make || existsSync(home.file(file))) continue;
    writePrivate(home.file(file), `${make()}\n`);
  }
  if (used && needsKeyring(environment) && !existsSync(home.file('keyring.json'))) {
    throw new UserError(
      `${home.file('keyring.json')} is gone, and what is stored cannot be read without it: put it back from your backup, ` +
        'or give up the data with "./otpost reset".',
    );
  }
}

/**
 * The key-encryption keys. Made by the code that reads them, so it needs the build.
 * @param {Home} home
 * @param {Record<string, string | undefined>} environment
 */
export async function ensureKeyring(home, environment) {
  const path = home.file('keyring.json');
  if (!needsKeyring(environment) || existsSync(path)) return;
  rmSync(`${path}.new`, { force: true }); // of a first start that was killed: this home is locked by us
  const envelope = await import(pathToFileURL(inRoot('libs/envelope/dist/index.js')).href);
  envelope.createKeyringFile(path);
}

/**
 * Whether our own keyring is in use: no other one, and not a KMS alone.
 * @param {Record<string, string | undefined>} environment
 */
function needsKeyring(environment) {
  if (environment['OTPOST_KEYRING_FILE']) return false;
  const { OTPOST_KEY_PROVIDER: present, OTPOST_OTHER_KEY_PROVIDERS: others } = environment;
  return [present || 'local', ...(others ?? '').split(',').map((name) => name.trim())].includes('local');
}

/**
 * @param {Home} home
 * @returns {Passwords}
 */
export function ensurePasswords(home) {
  const path = home.file('passwords.json');
  /** @type {Partial<Passwords>} */
  const known = readJson(path) ?? {};
  if (known.superuser === undefined && existsSync(home.file('data/postgres'))) {
    throw new UserError(
      `${path} is gone or damaged, and the database cannot be opened without it: put it back from your backup, ` +
        'or give up the data with "./otpost reset".',
    );
  }
  const all = Object.fromEntries(
    passwordsOf.map((name) => [name, known[/** @type {keyof Passwords} */ (name)] ?? hex(24)]),
  );
  if (passwordsOf.some((name) => !(name in known))) writePrivate(path, `${JSON.stringify(all, null, 2)}\n`);
  return /** @type {Passwords} */ (all);
}

/**
 * A key as the services read it: given by the operator, or our own.
 * @param {string} name of the variable
 * @param {Home} home
 * @param {Record<string, string | undefined>} [environment]
 * @returns {string | undefined}
 */
export function readKey(name, home, environment = process.env) {
  const file = environment[`${name}_FILE`] || home.file(keyFiles[name]?.file ?? '');
  return environment[name] || readIfThere(file)?.trim();
}

/** @param {number} bytes */
function hex(bytes) {
  return randomBytes(bytes).toString('hex');
}

function rootKey() {
  return `otp_root_${randomBytes(32).toString('base64url')}`;
}

/** As Standard Webhooks writes one. */
function webhookSecret() {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
