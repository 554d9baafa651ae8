import { Messaging } from '@otpost/messaging';
import { Database } from '@otpost/database';
import { runService } from '@otpost/platform';
import { acceptForms } from './code-page/accept-forms.js';
import { serveConsoleAssets } from './console/console-files.js';
import { serveDocumentationAssets } from './documentation/assets.js';
import { GatewayModule } from './gateway.module.js';
import { createBodyHmac } from './http/call.js';
import { configureHttp, createHttpAdapter } from './http/server.js';
import { acceptImages } from './otp-secrets/image-form.js';
import { importAll } from './otp-secrets/otp-secrets.controller.js';

await runService('gateway', ({ config, logger }) => {
  const database = new Database({
    url: config.DATABASE_URL.reveal(),
    applicationName: 'otpost gateway',
    connections: config.OTPOST_DATABASE_POOL,
    onConnectionError: (error) => logger.warn('database.connection_lost', {}, error),
  });
  const messaging = {
    redisUrl: config.REDIS_URL,
    prefix: config.OTPOST_REDIS_PREFIX,
    transportKey: config.OTPOST_TRANSPORT_KEY,
    logger,
  };
  return {
    module: GatewayModule.of({ config, logger, database, messaging }),
    adapter: createHttpAdapter(config.OTPOST_TRUSTED_PROXIES),
    readiness: (app) => [
      { name: 'postgres', check: () => database.ping() },
      { name: 'redis', check: () => reachable(app.get(Messaging)) },
    ],
    configure: async (app) => {
      configureHttp(app, logger, createBodyHmac(config.OTPOST_TRANSPORT_KEY));
      acceptForms(app);
      await acceptImages(app, importAll.path);
      await serveDocumentationAssets(app);
      await serveConsoleAssets(app);
    },
    close: () => database.close(),
  };
});

async function reachable(messaging: Messaging): Promise<void> {
  await messaging.commands.client.ping();
}
