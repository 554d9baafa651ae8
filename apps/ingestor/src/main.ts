import { Database } from '@otpost/database';
import { runService } from '@otpost/platform';
import { configureHttp, createHttpAdapter } from './http/server.js';
import { IngestorModule } from './ingestor.module.js';
import { VaultKey } from './messages/vault-public-key.js';

await runService('ingestor', ({ config, logger }) => {
  const onConnectionError = (error: Error) => logger.warn('database.connection_lost', {}, error);
  const applicationName = 'otpost ingestor';
  const connections = config.OTPOST_DATABASE_POOL;
  const database = new Database({ url: config.DATABASE_URL.reveal(), applicationName, connections, onConnectionError });
  return {
    module: IngestorModule.of({ config, logger, database }),
    adapter: createHttpAdapter(),
    configure: configureHttp,
    // Not Redis: what cannot be announced is stored all the same, and some senders (Twilio) come but once.
    readiness: (app) => [
      { name: 'postgres', check: () => database.ping() },
      { name: 'vault_public_key', check: async () => void (await app.get(VaultKey).current()) },
    ],
    close: () => database.close(),
  };
});
