import { Controller, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  openWebhookSecrets,
  sealWebhookSecret,
  type RequestOf,
  type ResponseOf,
  type RpcContract,
} from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { Messaging, MessagingModule, RedisRpcServer, Rpc, type MessagingOptions } from '@otpost/messaging';
import { generateWebhookSecret } from '@otpost/webhook-signing';
import { dataKeyIdOf } from './data-keys.js';

/** Answers for the vault. What it seals is the text with its place in front of it, so that a misplaced one does not open. */
@Controller()
class VaultStandIn {
  @Rpc(sealWebhookSecret)
  seal(request: RequestOf<typeof sealWebhookSecret>): ResponseOf<typeof sealWebhookSecret> {
    const { workspace_id, endpoint_id, current } = request;
    const secret = generateWebhookSecret();
    const previous = current === null ? null : open(current, `secret ${endpoint_id}`);
    return {
      secret,
      sealed: seal(secret, `secret ${endpoint_id}`),
      previous_sealed: previous === null ? null : seal(previous, `previous_secret ${endpoint_id}`),
      once_sealed: seal(secret, `once_secret ${endpoint_id}`),
      data_key_id: dataKeyIdOf(workspace_id),
    };
  }

  @Rpc(openWebhookSecrets)
  open(request: RequestOf<typeof openWebhookSecrets>): ResponseOf<typeof openWebhookSecrets> {
    const { endpoint_id } = request;
    const opened = (column: 'secret' | 'previous_secret' | 'once_secret') => {
      const sealed = request[column];
      return sealed === null ? null : open(sealed, `${column} ${endpoint_id}`);
    };
    return { secret: opened('secret'), previous_secret: opened('previous_secret'), once_secret: opened('once_secret') };
  }
}

@Module({})
class VaultStandInModule {}

/** What a spec wants of the vault beside webhook secrets. */
export interface VaultParts {
  controllers: Type[];
  providers: Provider[];
  contracts: RpcContract[];
}

const nothingElse: VaultParts = { controllers: [], providers: [], contracts: [] };

export async function startVaultStandIn(
  messaging: MessagingOptions,
  more = nothingElse,
): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    {
      module: VaultStandInModule,
      imports: [MessagingModule.forRoot(messaging)],
      controllers: [VaultStandIn, ...more.controllers],
      providers: more.providers,
    },
    new FastifyAdapter(),
    { logger: false },
  );
  const contracts = [sealWebhookSecret, openWebhookSecrets, ...more.contracts];
  app.connectMicroservice({ strategy: new RedisRpcServer(app.get(Messaging), { service: 'vault', contracts }) });
  await app.startAllMicroservices();
  return app;
}

function seal(secret: Secret, place: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(`${place}\n${secret.reveal()}`));
}

function open(sealed: Uint8Array, place: string): Secret {
  const [found, text = ''] = Buffer.from(sealed).toString().split('\n');
  if (found !== place) throw new Error(`sealed for ${found}, not for ${place}`);
  return new Secret(text);
}
