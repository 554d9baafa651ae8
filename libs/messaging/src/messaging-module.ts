import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Broadcast } from './broadcast.js';
import { Messaging, type MessagingOptions } from './messaging.js';
import { RpcClient, type RpcClientOptions } from './rpc-client.js';

/** Provides `RpcClient`, `Broadcast` and what they share, `Messaging`, to the whole app. */
@Module({})
export class MessagingModule implements OnApplicationShutdown {
  constructor(
    private readonly messaging: Messaging,
    private readonly client: RpcClient,
    private readonly broadcast: Broadcast,
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
        { provide: Broadcast, useFactory: (messaging: Messaging) => new Broadcast(messaging), inject: [Messaging] },
      ],
      exports: [Messaging, RpcClient, Broadcast],
    };
  }

  /** After requests, jobs and RPC handlers have ended: they may need answers until then. */
  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
    this.broadcast.close();
    this.messaging.close();
  }
}
