import type { Type } from '@nestjs/common';
import { AccessTokensController } from './api-keys/access-tokens.controller.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { ChallengesController } from './challenges/challenges.controller.js';
import { SeatSessionController } from './console/seat-session.controller.js';
import { SessionController } from './console/session.controller.js';
import { ForwardingRulesController } from './forwarding/forwarding-rules.controller.js';
import { InboundPolicyController } from './inboxes/inbound-policy.controller.js';
import { InboxesController } from './inboxes/inboxes.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { MessagesController } from './messages/messages.controller.js';
import { OtpSecretsController } from './otp-secrets/otp-secrets.controller.js';
import { PhoneNumbersController } from './phone-numbers/phone-numbers.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SeatSignInsController } from './seats/seat-sign-ins.controller.js';
import { SeatsController } from './seats/seats.controller.js';
import { SendblueSeatsController } from './seats/sendblue-seats.controller.js';
import { SettingsController } from './settings/settings.controller.js';
import { StatisticsController } from './statistics/statistics.controller.js';
import { TotpController } from './totp/totp.controller.js';
import { VaultController } from './vault/vault.controller.js';
import { DeliveriesController } from './webhooks/deliveries.controller.js';
import { EventStreamsController } from './webhooks/event-streams.controller.js';
import { SessionWebhooksController } from './webhooks/session-webhooks.controller.js';
import { WebhookEndpointsController } from './webhooks/webhook-endpoints.controller.js';
import { WorkspacesController } from './workspaces/workspaces.controller.js';

/** Every controller of the API: what is served and what is documented. */
export const gatewayControllers: Type[] = [
  AccessTokensController,
  ApiKeysController,
  AuditController,
  ChallengesController,
  DeliveriesController,
  EventStreamsController,
  ForwardingRulesController,
  InboundPolicyController,
  InboxesController,
  KeysController,
  MessagesController,
  OtpSecretsController,
  PhoneNumbersController,
  RunsController,
  SeatSessionController,
  SeatSignInsController,
  SeatsController,
  SendblueSeatsController,
  SessionController,
  SessionWebhooksController,
  SettingsController,
  StatisticsController,
  TotpController,
  VaultController,
  WebhookEndpointsController,
  WorkspacesController,
];
