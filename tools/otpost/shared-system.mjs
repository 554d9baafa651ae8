// @ts-check
import { join } from 'node:path';
import { writePrivate } from './files.mjs';
import { recordRedis } from './record-redis.mjs';
import { describeSystem, testSystem } from './test-system.mjs';

/** Two vaults, so that nothing can pass that needs them to be one; every log line there is, for the canary test. */
const environment = { OTPOST_VAULT_REPLICAS: '2', OTPOST_LOG_LEVEL: 'debug' };

/**
 * Starts what all end-to-end tests share, and writes down for them how to reach it.
 * @param {import('./temporary.mjs').TemporaryFolder} folder
 * @param {AbortSignal} signal
 * @returns {Promise<() => Promise<void>>} stops it
 */
export async function startSharedSystem(folder, signal) {
  const system = testSystem(folder.home('shared'), { environment });
  signal.addEventListener('abort', () => void system.stop(), { once: true });
  await system.start();
  const description = await describeSystem(system);
  const stopRecording = await recordRedis(description.redis_url, join(description.home, 'logs', 'redis-monitor.log'));
  writePrivate(join(folder.path, 'shared.json'), JSON.stringify(description));
  return async () => {
    await stopRecording();
    await system.stop();
  };
}
