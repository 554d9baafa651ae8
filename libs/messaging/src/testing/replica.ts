/** One replica of the test service, as a process of its own: see `deployment.ts`. */
import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { startTestService } from './test-service.js';

export interface ReplicaArguments {
  redisUrl: string;
  transportKey: string;
  replica: string;
  journalPath: string;
}

const { redisUrl, transportKey, replica, journalPath } = JSON.parse(process.argv[2] ?? '') as ReplicaArguments;

process.on('unhandledRejection', (error) => {
  appendFileSync(journalPath, `unhandled ${String(error)}\n`);
  process.exit(1);
});

const app = await startTestService(
  {
    redisUrl: new Secret(redisUrl),
    transportKey: new Secret(transportKey),
    logger: createLogger({ service: 'vault', replica, level: 'info' }),
  },
  { replica, write: (line) => appendFileSync(journalPath, `${line}\n`) },
);

process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
// Its parent is gone: a test that was ended.
process.on('disconnect', () => process.exit(1));
process.send?.('ready');
