import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { ConfirmationPages } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Broadcast, MessagingModule, type MessagingOptions } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { AuthenticationGuard } from './authentication/authentication.guard.js';
import { keyCacheThatListens } from './authentication/key-cache-that-listens.js';
import { KeyCache } from './authentication/api-keys.js';
import { DatabaseKeySource } from './authentication/key-source.js';
import { KeyUses } from './authentication/key-uses.js';
import { ChallengeWaits } from './challenges/challenge-waits.js';
import { PageUrls } from './challenges/page-urls.js';
import { CodePageController } from './code-page/code-page.controller.js';
import { ConsoleController } from './console/console.controller.js';
import { SeatView } from './console/seat-view.js';
import { SignInThrottle } from './console/sign-in-throttle.js';
import { gatewayControllers } from './controllers.js';
import { DocumentationController } from './documentation/documentation.controller.js';
import { ConfirmationPageController } from './forwarding/confirmation-page.controller.js';
import { ProblemFilter } from './http/problem.js';
import { McpController } from './mcp/mcp.controller.js';
import { ImportImages } from './otp-secrets/import-images.interceptor.js';
import { QrReader } from './otp-secrets/qr-reader.js';
import { BuyNumber } from './phone-numbers/buy-number.js';
import { ImportNumber } from './phone-numbers/import-number.js';
import { TwilioNumbers } from './phone-numbers/twilio-numbers.js';
import { TwilioOptions } from './phone-numbers/twilio-options.js';
import { CredentialLimit } from './rate-limits/credential-limit.js';
import { RateLimiter } from './rate-limits/rate-limiter.js';
import { RedisRateCounter } from './rate-limits/redis-rate-counter.js';
import { EventStreams } from './webhooks/event-streams.js';

export interface GatewayOptions {
  config: ServiceConfig<'gateway'>;
  logger: Logger;
  database: Database;
  messaging: MessagingOptions;
}

/** The composition of the gateway. */
@Module({})
export class GatewayModule {
  static of({ config, logger, database, messaging }: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      imports: [MessagingModule.forRoot(messaging)],
      controllers: [
        ...gatewayControllers,
        CodePageController,
        ConfirmationPageController,
        ConsoleController,
        DocumentationController,
        McpController,
      ],
      providers: [
        BuyNumber,
        ChallengeWaits,
        DatabaseKeySource,
        EventStreams,
        ImportImages,
        ImportNumber,
        KeyUses,
        RedisRateCounter,
        SeatView,
        SignInThrottle,
        { provide: Database, useValue: database },
        { provide: QrReader, useValue: new QrReader() },
        { provide: PageUrls, useValue: new PageUrls(config) },
        { provide: ConfirmationPages, useValue: new ConfirmationPages(config.OTPOST_TRANSPORT_KEY) },
        { provide: TwilioNumbers, useValue: new TwilioNumbers(config.OTPOST_TWILIO_API_URL) },
        { provide: TwilioOptions, useValue: new TwilioOptions(config) },
        { provide: 'LOGGER', useValue: logger },
        { provide: 'REDIS_PREFIX', useValue: config.OTPOST_REDIS_PREFIX },
        {
          provide: KeyCache,
          useFactory: keyCacheThatListens,
          inject: [DatabaseKeySource, Broadcast],
        },
        {
          provide: RateLimiter,
          useFactory: (counter: RedisRateCounter) => new RateLimiter(counter, Date.now),
          inject: [RedisRateCounter],
        },
        {
          provide: CredentialLimit,
          useFactory: (limiter: RateLimiter) => new CredentialLimit(limiter, config.OTPOST_CREDENTIAL_RATE_LIMIT),
          inject: [RateLimiter],
        },
        {
          provide: APP_GUARD,
          useFactory: (keys: KeyCache, rateLimiter: RateLimiter, uses: KeyUses) =>
            new AuthenticationGuard({
              keys,
              rateLimiter,
              rootKey: config.OTPOST_ROOT_KEY,
              defaultRateLimit: config.OTPOST_RATE_LIMIT,
              onUse: (keyId) => uses.record(keyId),
              now: Date.now,
            }),
          inject: [KeyCache, RateLimiter, KeyUses],
        },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
      ],
    };
  }
}
