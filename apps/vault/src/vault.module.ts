import { Module, type DynamicModule } from '@nestjs/common';
import { Database, OwnerDatabase } from '@otpost/database';
import type { KeyEncryption } from '@otpost/envelope';
import { MessagingModule, type MessagingOptions } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { KeyChanges } from './api-keys/key-changes.js';
import { DataKeys, keyEncryption } from './keys/data-keys.js';
import { CodePath } from './otp-secrets/code-path.js';
import { CreateOtpSecret } from './otp-secrets/create-otp-secret.js';
import { OtpSecretsController } from './otp-secrets/otp-secrets.controller.js';
import { ReadTotpCode } from './otp-secrets/read-totp-code.js';
import { TakeOtpCode } from './otp-secrets/take-otp-code.js';
import { WorkspacesController } from './workspaces/workspaces.controller.js';

export interface VaultOptions {
  config: ServiceConfig<'vault'>;
  logger: Logger;
  database: Database;
  owner: OwnerDatabase;
  kek: KeyEncryption;
  messaging: MessagingOptions;
}

/** The composition of the vault. */
@Module({})
export class VaultModule {
  static of({ config, database, owner, kek, messaging }: VaultOptions): DynamicModule {
    return {
      module: VaultModule,
      imports: [MessagingModule.forRoot(messaging)],
      controllers: [ApiKeysController, OtpSecretsController, WorkspacesController],
      providers: [
        CodePath,
        CreateOtpSecret,
        DataKeys,
        KeyChanges,
        ReadTotpCode,
        TakeOtpCode,
        { provide: Database, useValue: database },
        { provide: OwnerDatabase, useValue: owner },
        { provide: keyEncryption, useValue: kek },
        { provide: 'DATA_KEY_CACHE_SECONDS', useValue: config.OTPOST_DATA_KEY_CACHE_SECONDS },
        { provide: 'INBOX_DOMAIN', useValue: config.OTPOST_INBOX_DOMAIN },
      ],
    };
  }
}
