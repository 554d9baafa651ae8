import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError, type RequestOf, type ResponseOf } from '@otpost/contracts';
import {
  Messaging,
  MessagingModule,
  OnEvent,
  RedisRpcServer,
  Rpc,
  RpcContext,
  type RpcServerOptions,
} from '../index.js';
import type { MessagingOptions } from '../index.js';
import * as contracts from './contracts.js';

/** What the handlers of one test service do, written down. */
export interface Journal {
  replica: string;
  write(line: string): void;
}

const journalToken = Symbol('journal');

@Controller()
class TestController {
  constructor(@Inject(journalToken) private readonly journal: Journal) {}

  @Rpc(contracts.echo)
  async echo(request: RequestOf<typeof contracts.echo>): Promise<ResponseOf<typeof contracts.echo>> {
    if (request.wait_ms > 0) await delay(request.wait_ms);
    return { text: request.text, replica: this.journal.replica };
  }

  @Rpc(contracts.mark)
  async mark({ id, wait_ms }: RequestOf<typeof contracts.mark>): Promise<ResponseOf<typeof contracts.mark>> {
    this.journal.write(`mark ${id}`);
    await delay(wait_ms);
    return { id, replica: this.journal.replica };
  }

  @Rpc(contracts.markOnce)
  async markOnce({
    id,
    wait_ms,
  }: RequestOf<typeof contracts.markOnce>): Promise<ResponseOf<typeof contracts.markOnce>> {
    this.journal.write(`once ${id}`);
    await delay(wait_ms);
    return { id, replica: this.journal.replica };
  }

  @Rpc(contracts.fail)
  fail({ how, text }: RequestOf<typeof contracts.fail>): ResponseOf<typeof contracts.fail> {
    if (how === 'error') throw new Error(`cannot do ${text.reveal()}`);
    if (how === 'app_error') {
      throw new AppError('conflict', 'Already there', {
        fields: [{ path: 'id', message: 'taken' }],
        retryAfterSeconds: 7,
        internal: 'not for callers',
      });
    }
    return { done: false } as unknown as { done: true };
  }

  @Rpc(contracts.wait)
  async wait(
    { id }: RequestOf<typeof contracts.wait>,
    context: RpcContext,
  ): Promise<ResponseOf<typeof contracts.wait>> {
    this.journal.write(`waiting ${id}`);
    await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
    this.journal.write(`aborted ${id} ${(context.signal.reason as AppError).code}`);
    return {};
  }

  @OnEvent(contracts.happened)
  happened({ id }: { id: string }): void {
    this.journal.write(`event ${id}`);
  }
}

@Module({})
class TestServiceModule {}

export type TestServiceOptions = MessagingOptions &
  Partial<Pick<RpcServerOptions, 'maxInFlight' | 'closeTimeoutMs' | 'contracts'>>;

/** Starts one replica of the test service: a Nest app as the real ones are. */
export async function startTestService(options: TestServiceOptions, journal: Journal): Promise<NestFastifyApplication> {
  const { maxInFlight, closeTimeoutMs, contracts: declared = contracts.testContracts, ...messaging } = options;
  const module: DynamicModule = {
    module: TestServiceModule,
    imports: [MessagingModule.forRoot(messaging)],
    controllers: [TestController],
    providers: [{ provide: journalToken, useValue: journal }],
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
  });
  const strategy = new RedisRpcServer(app.get(Messaging), {
    service: 'vault',
    contracts: declared,
    ...(maxInFlight === undefined ? {} : { maxInFlight }),
    ...(closeTimeoutMs === undefined ? {} : { closeTimeoutMs }),
  });
  app.connectMicroservice({ strategy });
  try {
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}
