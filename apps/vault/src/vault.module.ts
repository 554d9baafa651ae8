import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { Database, OwnerDatabase } from '@otpost/database';
import { queueContracts } from '@otpost/contracts';
import type { KeyEncryption } from '@otpost/envelope';
import { MessagingModule, QueueModule, type MessagingOptions, observeJobs } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { KeyChanges } from './api-keys/key-changes.js';
import { AuditSealer } from './audit/audit-sealer.js';
import { AuditController } from './audit/audit.controller.js';
import { UsageController } from './audit/usage.controller.js';
import { CreateCredential } from './credentials/create-credential.js';
import { CredentialUses } from './credentials/credential-uses.js';
import { CredentialsController } from './credentials/credentials.controller.js';
import { DeleteCredential } from './credentials/delete-credential.js';
import { DescribeFactors } from './credentials/describe-factors.js';
import { ReadCredential } from './credentials/read-credential.js';
import { ReadReceivedCode } from './credentials/read-received-code.js';
import { ReadTfaCode } from './credentials/read-tfa-code.js';
import { UpdateCredential } from './credentials/update-credential.js';
import { InboundPolicyController } from './inboxes/inbound-policy.controller.js';
import { InboxesController } from './inboxes/inboxes.controller.js';
import { DataKeyRotation } from './keys/data-key-rotation.js';
import { DataKeys, keyEncryption } from './keys/data-keys.js';
import { KekRotation } from './keys/kek-rotation.js';
import { KeyKeeper } from './keys/key-keeper.js';
import { KeysController } from './keys/keys.controller.js';
import { VaultKeyPairs } from './keys/vault-key-pairs.js';
import { MessagesController } from './messages/messages.controller.js';
import { PurgeMessages } from './messages/purge-messages.js';
import { ChallengeCodesController } from './otp-secrets/challenge-codes.controller.js';
import { CodePath } from './otp-secrets/code-path.js';
import { CreateOtpSecret } from './otp-secrets/create-otp-secret.js';
import { OtpSecretsController } from './otp-secrets/otp-secrets.controller.js';
import { ReadTotpCode } from './otp-secrets/read-totp-code.js';
import { TakeForChallenge } from './otp-secrets/take-for-challenge.js';
import { TakeOtpCode } from './otp-secrets/take-otp-code.js';
import { CreatePhoneNumber } from './phone-numbers/create-phone-number.js';
import { PhoneNumbersController } from './phone-numbers/phone-numbers.controller.js';
import { DepositMessages } from './received-codes/deposit-messages.js';
import { ReceivedCodesController } from './received-codes/received-codes.controller.js';
import { WipeCodes } from './received-codes/wipe-codes.js';
import { InviteSeat } from './seat-sign-ins/invite-seat.js';
import { PasswordHashes } from './seat-sign-ins/password-hashes.js';
import { SeatSessions } from './seat-sign-ins/seat-sessions.js';
import { SeatSignInsController } from './seat-sign-ins/seat-sign-ins.controller.js';
import { SetUpSignIn } from './seat-sign-ins/set-up-sign-in.js';
import { SignSeatIn } from './seat-sign-ins/sign-seat-in.js';
import { WebhookSecretsController } from './webhook-secrets/webhook-secrets.controller.js';
import { WorkspacesController } from './workspaces/workspaces.controller.js';

export interface VaultOptions {
  config: ServiceConfig<'vault'>;
  logger: Logger;
  database: Database;
  owner: OwnerDatabase;
  kek: KeyEncryption;
  messaging: MessagingOptions;
}

/** Each room's controllers, which serve its RPC, and what they are made of. */
const rooms: { controllers: Type[]; providers: Provider[] }[] = [
  { controllers: [WorkspacesController, ApiKeysController], providers: [KeyChanges] },
  { controllers: [OtpSecretsController], providers: [CodePath, CreateOtpSecret, ReadTotpCode, TakeOtpCode] },
  {
    controllers: [CredentialsController],
    providers: [
      CreateCredential,
      CredentialUses,
      DeleteCredential,
      ReadCredential,
      ReadReceivedCode,
      ReadTfaCode,
      UpdateCredential,
    ],
  },
  { controllers: [ReceivedCodesController], providers: [DepositMessages, WipeCodes] },
  { controllers: [MessagesController], providers: [PurgeMessages] },
  { controllers: [InboundPolicyController, InboxesController], providers: [] },
  { controllers: [PhoneNumbersController], providers: [CreatePhoneNumber] },
  { controllers: [ChallengeCodesController], providers: [DescribeFactors, TakeForChallenge] },
  { controllers: [AuditController, UsageController], providers: [AuditSealer] },
  {
    controllers: [SeatSignInsController],
    providers: [InviteSeat, PasswordHashes, SeatSessions, SetUpSignIn, SignSeatIn],
  },
  { controllers: [WebhookSecretsController], providers: [] },
  { controllers: [KeysController], providers: [DataKeys, DataKeyRotation, KekRotation, KeyKeeper, VaultKeyPairs] },
];

/** The composition of the vault. */
@Module({})
export class VaultModule {
  static of({ config, logger, database, owner, kek, messaging }: VaultOptions): DynamicModule {
    return {
      module: VaultModule,
      imports: [
        MessagingModule.forRoot(messaging),
        QueueModule.forRoot({ ...messaging, service: 'vault', queues: queueContracts, observe: observeJobs }),
      ],
      controllers: rooms.flatMap(({ controllers }) => controllers),
      providers: [
        ...rooms.flatMap(({ providers }) => providers),
        { provide: Database, useValue: database },
        { provide: OwnerDatabase, useValue: owner },
        { provide: keyEncryption, useValue: kek },
        { provide: 'LOGGER', useValue: logger },
        { provide: 'DATA_KEY_CACHE_SECONDS', useValue: config.OTPOST_DATA_KEY_CACHE_SECONDS },
        { provide: 'HOOK_KEY', useValue: config.OTPOST_HOOK_KEY },
        { provide: 'INBOX_DOMAIN', useValue: config.OTPOST_INBOX_DOMAIN },
      ],
    };
  }
}
