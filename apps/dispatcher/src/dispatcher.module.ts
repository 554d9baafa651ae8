import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { queueContracts } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { MessagingModule, QueueModule, type MessagingOptions, observeJobs } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { CancelChallenge } from './challenges/cancel-challenge.js';
import { ChallengeDeadlines } from './challenges/challenge-deadlines.js';
import { ChallengeNews } from './challenges/challenge-news.js';
import { ChallengePageController, ChallengesController } from './challenges/challenges.controller.js';
import { ClaimCodes, DepositsController } from './challenges/claim-codes.js';
import { EndChallenge } from './challenges/end-challenge.js';
import { OpenAndTry } from './challenges/open-and-try.js';
import { OpenChallenge } from './challenges/open-challenge.js';
import { ReadChallenge } from './challenges/read-challenge.js';
import { Sessions } from './challenges/sessions.js';
import { TakeAuthenticatorCode } from './challenges/take-authenticator-code.js';
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
import { PageLinks } from './events/page-links.js';
import { ChangeRule } from './forwarding/change-rule.js';
import { Channels } from './forwarding/channels.js';
import { ConfirmDestination } from './forwarding/confirm-destination.js';
import { ConfirmationLinks } from './forwarding/confirmation-links.js';
import { CreateRule } from './forwarding/create-rule.js';
import { Destinations, type OwnAddresses } from './forwarding/destinations.js';
import { ForwardingController } from './forwarding/forwarding.controller.js';
import { ForgetForwardings } from './forwarding/forget-forwardings.js';
import { ForwardingQueue } from './forwarding/forwarding-queue.js';
import { PrepareJob } from './forwarding/prepare-job.js';
import { SendForwardings } from './forwarding/send-forwardings.js';
import { AnswerChallenge } from './interactions/answer-challenge.js';
import { HostedPageLinks } from './interactions/page-links.js';
import { ReplaySession } from './sessions/replay-session.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { StatisticsController } from './statistics/statistics.controller.js';
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
  { controllers: [EventsController], providers: [FanOutEvents] },
  {
    controllers: [DeliveriesController],
    providers: [AttemptDelivery, AttemptNow, DrainEndpoints, SigningSecrets, WebhookSweeper],
  },
  {
    controllers: [ChallengesController, ChallengePageController, DepositsController],
    providers: [
      AnswerChallenge,
      CancelChallenge,
      ChallengeDeadlines,
      ChallengeNews,
      ClaimCodes,
      EndChallenge,
      OpenAndTry,
      OpenChallenge,
      ReadChallenge,
      Sessions,
      TakeAuthenticatorCode,
    ],
  },
  { controllers: [SessionsController], providers: [ReplaySession] },
  {
    controllers: [ForwardingController],
    providers: [
      ChangeRule,
      ConfirmDestination,
      CreateRule,
      Destinations,
      ForgetForwardings,
      ForwardingQueue,
      PrepareJob,
      SendForwardings,
    ],
  },
  { controllers: [StatisticsController], providers: [] },
];

/** The composition of the dispatcher. */
@Module({})
export class DispatcherModule {
  static of({ config, logger, database, messaging, now = Date.now }: DispatcherOptions): DynamicModule {
    const own: OwnAddresses = { inboxDomain: config.OTPOST_INBOX_DOMAIN, smsFrom: config.OTPOST_SMS_FROM };
    const guard = new DestinationGuard(new AddressRules(config.OTPOST_WEBHOOK_ALLOW_CIDRS));
    return {
      module: DispatcherModule,
      imports: [
        MessagingModule.forRoot(messaging),
        QueueModule.forRoot({ ...messaging, service: 'dispatcher', queues: queueContracts, observe: observeJobs }),
      ],
      controllers: rooms.flatMap(({ controllers }) => controllers),
      providers: [
        ...rooms.flatMap(({ providers }) => providers),
        { provide: Database, useValue: database },
        { provide: DestinationGuard, useValue: guard },
        { provide: WebhookSender, useFactory: () => new WebhookSender({ guard }) },
        {
          provide: PageLinks,
          useValue: new HostedPageLinks(config.OTPOST_TRANSPORT_KEY, config.OTPOST_PUBLIC_URL),
        },
        {
          provide: ConfirmationLinks,
          useValue: new ConfirmationLinks(config.OTPOST_TRANSPORT_KEY, config.OTPOST_PUBLIC_URL),
        },
        { provide: Channels, useValue: new Channels(config) },
        { provide: 'OWN_ADDRESSES', useValue: own },
        { provide: 'LOGGER', useValue: logger },
        { provide: clock, useValue: now },
      ],
    };
  }
}
