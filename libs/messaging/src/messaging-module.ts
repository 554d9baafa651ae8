import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Messaging, type MessagingOptions } from './messaging.js';
import { RpcClient, type RpcClientOptions } from './rpc-client.js';

/** Provides `Messaging` and `RpcClient` to the whole app. */
@Module({})
export class MessagingModule implements OnApplicationShutdown {
  constructor(
    private readonly messaging: Messaging,
    private readonly client: RpcClient,
  ) {}

  static forRoot(options: MessagingOptions & { client?: RpcClientOptions }): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: Messaging, useFactory: () => new Messaging(options) },
        {
          provide: RpcClient,
          useFactory: (messaging: Messaging) => new RpcClient(messaging, options.client),
          inject: [Messaging],
        },
      ],
      exports: [Messaging, RpcClient],
    };
  }

  /** After requests, jobs and RPC handlers have ended: they may need answers until then. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
    this.messaging.close();
  }
}
