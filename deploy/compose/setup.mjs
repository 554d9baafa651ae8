// @ts-check
/**
 * Run once by docker-compose.yml before the services: makes what is missing of keys and passwords, migrates the schema, and lays into
 * each service's volume the secrets of that service alone. Running it again changes nothing.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyringFile } from '../../libs/envelope/dist/index.js';
import { ensureRoles, migrate, serviceRoles } from '../../libs/database/dist/index.js';

const secretsFolder = process.env['OTPOST_SECRETS'] ?? '/secrets';
const postgres = process.env['OTPOST_POSTGRES'] ?? 'postgres:5432/otpost';
const redis = process.env['OTPOST_REDIS'] ?? 'redis:6379';
/** The user `node` of the image. */
const owner = { uid: 1000, gid: 1000 };

const shared = {
  'transport.key': { services: ['gateway', 'vault', 'dispatcher'], make: () => randomBytes(32).toString('hex') },
  'hook.key': { services: ['vault', 'ingestor'], make: () => randomBytes(32).toString('hex') },
  'root.key': { services: ['gateway'], make: () => `otp_root_${randomBytes(32).toString('base64url')}` },
};

for (const service of Object.keys(serviceRoles)) {
  mkdirSync(join(secretsFolder, service), { recursive: true });
  own(join(secretsFolder, service)); // keys-cli puts a new keyring in the place of the old one
}

for (const [file, { services, make }] of Object.entries(shared)) {
  const known = services.map((service) => join(secretsFolder, service, file)).find((path) => existsSync(path));
  const value = known === undefined ? make() : readFileSync(known, 'utf8').trim();
  for (const service of services) lay(service, file, value);
}

const keyring = join(secretsFolder, 'vault', 'keyring.json');
if (!existsSync(keyring)) createKeyringFile(keyring);
own(keyring);

const ownerUrl = `postgresql://otpost:${encodeURIComponent(required('POSTGRES_PASSWORD'))}@${postgres}`;
await migrate({ ownerUrl, onProgress: (line) => console.log(line) });

const passwords = Object.fromEntries(Object.keys(serviceRoles).map((service) => [service, rolePassword(service)]));
await ensureRoles(ownerUrl, /** @type {Record<keyof typeof serviceRoles, string>} */ (passwords));
for (const [service, role] of Object.entries(serviceRoles)) {
  lay(service, 'database.url', `postgresql://${role}:${passwords[service]}@${postgres}`);
  lay(service, 'redis.url', `redis://:${encodeURIComponent(required('REDIS_PASSWORD'))}@${redis}`);
  if (service === 'vault') lay(service, 'owner.url', ownerUrl);
  else rmSync(join(secretsFolder, service, 'owner.url'), { force: true }); // laid there once, when they needed it
}
console.log('setup: done');

/** @param {string} service */
function rolePassword(service) {
  const known = join(secretsFolder, service, 'database.url');
  const password = existsSync(known) ? new URL(readFileSync(known, 'utf8').trim()).password : '';
  return password === '' ? randomBytes(24).toString('base64url') : password;
}

/**
 * @param {string} service
 * @param {string} file
 * @param {string} value
 */
function lay(service, file, value) {
  const path = join(secretsFolder, service, file);
  writeFileSync(path, `${value}\n`, { mode: 0o600 });
  own(path);
}

/** @param {string} path */
function own(path) {
  if (process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
}

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
