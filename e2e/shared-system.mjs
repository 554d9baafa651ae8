// @ts-check
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../tools/otpost/files.mjs';
import { Home } from '../tools/otpost/home.mjs';
import { temporaryFolder } from '../tools/otpost/temporary.mjs';
import { describeSystem, testSystem } from '../tools/otpost/test-system.mjs';
import { recordRedis } from './record-redis.mjs';

/** @type {(() => Promise<void>)[]} in the order in which they are done */
const undo = [];

/**
 * Two vaults, so that nothing can pass that needs them to be one; every log line there is, for the canary test.
 */
const environment = { OTPOST_VAULT_REPLICAS: '2', OTPOST_LOG_LEVEL: 'debug' };

/** Starts what all spec files share, and writes down how to reach it. */
export async function startSharedSystem() {
  const folder = await testFolder();
  const system = testSystem(new Home(join(folder, 'shared')), { environment });
  undo.unshift(() => system.stop());
  await system.start().catch((/** @type {Error & { details?: string }} */ { message, details }) => {
    throw new Error(`${message}\n${details ?? ''}`); // Jest shows no more of an error than this
  });
  const description = await describeSystem(system);
  undo.unshift(await recordRedis(description.redis_url, join(description.home, 'logs', 'redis-monitor.log')));
  writePrivate(join(folder, 'shared.json'), JSON.stringify(description));
}

export async function stopSharedSystem() {
  for (const step of undo) await step();
}

/** Given by `./otpost test`, which also cleans it up; made here when Jest was started by hand. */
async function testFolder() {
  const given = process.env['OTPOST_TEST_FOLDER'];
  if (given) {
    mkdirSync(given, { recursive: true });
    return given;
  }
  const folder = await temporaryFolder();
  process.env['OTPOST_TEST_FOLDER'] = folder.path;
  undo.push(() => folder.remove());
  return folder.path;
}
