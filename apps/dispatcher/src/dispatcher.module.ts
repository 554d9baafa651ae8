import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { queueContracts } from '@otpost/contracts';
import { Database, OwnerDatabase } from '@otpost/database';
import { MessagingModule, QueueModule, type MessagingOptions } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { clock, type Clock } from './clock.js';
import { AddressRules } from './deliveries/address-rules.js';
import { AttemptDelivery } from './deliveries/attempt-delivery.js';
import { AttemptNow } from './deliveries/attempt-now.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { DestinationGuard } from './deliveries/destination-guard.js';
import { DrainEndpoints } from './deliveries/drain-endpoints.js';
import { SigningSecrets } from './deliveries/signing-secrets.js';
import { WebhookSender } from './deliveries/webhook-sender.js';
import { WebhookSweeper } from './deliveries/webhook-sweeper.js';
import { EventsController } from './events/events.controller.js';
import { FanOutEvents } from './events/fan-out-events.js';
import { noPageLinks, PageLinks } from './events/page-links.js';
import { ReplaySession } from './sessions/replay-session.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { ChangeEndpoint } from './webhook-endpoints/change-endpoint.js';
import { CreateEndpoint } from './webhook-endpoints/create-endpoint.js';
import { EndpointSecrets } from './webhook-endpoints/endpoint-secrets.js';
import { RotateSecret } from './webhook-endpoints/rotate-secret.js';
import { TestEndpoint } from './webhook-endpoints/test-endpoint.js';
import { WebhookEndpointsController } from './webhook-endpoints/webhook-endpoints.controller.js';

export interface DispatcherOptions {
  config: ServiceConfig<'dispatcher'>;
  logger: Logger;
  database: Database;
  owner: OwnerDatabase;
  messaging: MessagingOptions;
  /** Present time; a test's own. */
  now?: Clock;
}

/** Each room's controllers, which serve its RPC, and what they are made of. */
const rooms: { controllers: Type[]; providers: Provider[] }[] = [
  {
    controllers: [WebhookEndpointsController],
    providers: [ChangeEndpoint, CreateEndpoint, EndpointSecrets, RotateSecret, TestEndpoint],
  },
  { controllers: [EventsController], providers: [FanOutEvents, { provide: PageLinks, useValue: noPageLinks }] },
  {
    controllers: [DeliveriesController],
    providers: [AttemptDelivery, AttemptNow, DrainEndpoints, SigningSecrets, WebhookSweeper],
  },
  { controllers: [SessionsController], providers: [ReplaySession] },
];

/** The composition of the dispatcher. */
@Module({})
export class DispatcherModule {
  static of({ config, logger, database, owner, messaging, now = Date.now }: DispatcherOptions): DynamicModule {
    const guard = new DestinationGuard(new AddressRules(config.OTPOST_WEBHOOK_ALLOW_CIDRS));
    return {
      module: DispatcherModule,
      imports: [
        MessagingModule.forRoot(messaging),
        QueueModule.forRoot({ ...messaging, service: 'dispatcher', queues: queueContracts }),
      ],
      controllers: rooms.flatMap(({ controllers }) => controllers),
      providers: [
        ...rooms.flatMap(({ providers }) => providers),
        { provide: Database, useValue: database },
        { provide: OwnerDatabase, useValue: owner },
        { provide: DestinationGuard, useValue: guard },
        { provide: WebhookSender, useFactory: () => new WebhookSender({ guard }) },
        { provide: 'LOGGER', useValue: logger },
        { provide: clock, useValue: now },
      ],
    };
  }
}
