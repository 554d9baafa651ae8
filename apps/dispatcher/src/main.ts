import { eventContracts, rpcContracts } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Messaging, observeRequests, RedisRpcServer } from '@otpost/messaging';
import { runService } from '@otpost/platform';
import { DispatcherModule } from './dispatcher.module.js';

await runService('dispatcher', ({ config, logger }) => {
  const onConnectionError = (error: Error) => logger.warn('database.connection_lost', {}, error);
  const applicationName = 'otpost dispatcher';
  const connections = config.OTPOST_DATABASE_POOL;
  const database = new Database({ url: config.DATABASE_URL.reveal(), applicationName, connections, onConnectionError });
  const messaging = {
    redisUrl: config.REDIS_URL,
    prefix: config.OTPOST_REDIS_PREFIX,
    transportKey: config.OTPOST_TRANSPORT_KEY,
    logger,
  };
  return {
    module: DispatcherModule.of({ config, logger, database, messaging }),
    readiness: (app) => [
      { name: 'postgres', check: () => database.ping() },
      { name: 'redis', check: async () => void (await app.get(Messaging).commands.client.ping()) },
    ],
    rpcServer: (app) =>
      new RedisRpcServer(app.get(Messaging), {
        service: 'dispatcher',
        contracts: [...rpcContracts, ...eventContracts],
        observe: observeRequests(logger),
      }),
    close: () => database.close(),
  };
});
