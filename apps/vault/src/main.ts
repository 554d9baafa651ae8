import { eventContracts, rpcContracts } from '@otpost/contracts';
import { Database, OwnerDatabase } from '@otpost/database';
import { Messaging, observeRequests, RedisRpcServer } from '@otpost/messaging';
import { runService } from '@otpost/platform';
import { openKeyEncryption, rememberingSuccess } from './keys/key-providers.js';
import { VaultModule } from './vault.module.js';

await runService('vault', ({ config, logger }) => {
  const onConnectionError = (error: Error) => logger.warn('database.connection_lost', {}, error);
  const applicationName = 'otpost vault';
  const connections = config.OTPOST_DATABASE_POOL;
  const database = new Database({ url: config.DATABASE_URL.reveal(), applicationName, connections, onConnectionError });
  const owner = new OwnerDatabase({
    url: config.DATABASE_OWNER_URL.reveal(),
    applicationName: `${applicationName} (owner)`,
    connections: 4,
    onConnectionError,
  });
  const kek = openKeyEncryption(config, ({ code, message }) =>
    logger.error('key_provider.failed', { code, reason: message }),
  );
  const checkKeyEncryption = rememberingSuccess(async () => void (await kek.activeKekId()));
  const messaging = {
    redisUrl: config.REDIS_URL,
    prefix: config.OTPOST_REDIS_PREFIX,
    transportKey: config.OTPOST_TRANSPORT_KEY,
    logger,
  };
  return {
    module: VaultModule.of({ config, logger, database, owner, kek, messaging }),
    readiness: (app) => [
      { name: 'postgres', check: () => database.ping() },
      { name: 'redis', check: async () => void (await app.get(Messaging).commands.client.ping()) },
      { name: 'key_encryption', check: checkKeyEncryption },
    ],
    rpcServer: (app) =>
      new RedisRpcServer(app.get(Messaging), {
        service: 'vault',
        contracts: [...rpcContracts, ...eventContracts],
        observe: observeRequests(logger),
      }),
    close: async () => {
      await database.close();
      await owner.close();
    },
  };
});
