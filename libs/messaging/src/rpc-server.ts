import { randomBytes } from 'node:crypto';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { EventContract, RpcContract, ServiceName } from '@otpost/contracts';
import { isObservable, lastValueFrom } from 'rxjs';
import { checkHandlers } from './boot-check.js';
import type { Messaging } from './messaging.js';
import { RequestDesk, type RequestOutcome } from './request-desk.js';
import type { RpcContext } from './rpc-context.js';
import { redisTransport } from './rpc-decorators.js';

type Contract = RpcContract | EventContract;

export interface RpcServerOptions {
  service: ServiceName;
  /** Everything that is declared; what belongs to other services is left out. */
  contracts: readonly Contract[];
  /** Requests in hand at once; while there are as many, none is read. */
  maxInFlight?: number;
  /** How long `close` waits for handlers that have begun. */
  closeTimeoutMs?: number;
  /** Told how each message ended. */
  observe?: (outcome: RequestOutcome) => void;
}

/**
 * Nest's side of the transport: serves the `@Rpc` and `@OnEvent` methods of an app's controllers.
 *
 *     app.connectMicroservice({ strategy: new RedisRpcServer(app.get(Messaging), { service: 'vault', contracts }) });
 *     await app.startAllMicroservices();
 */
export class RedisRpcServer extends Server implements CustomTransportStrategy {
  override readonly transportId = redisTransport;
  override readonly propagatesEventHandlerErrors = true;
  private readonly handled: string[] = [];
  private readonly declared: Map<string, Contract>;
  private desk: RequestDesk | undefined;

  constructor(
    private readonly messaging: Messaging,
    private readonly options: RpcServerOptions,
  ) {
    super();
    const own = options.contracts.filter((contract) => contract.service === options.service);
    this.declared = new Map(own.map((contract) => [contract.pattern, contract]));
  }

  /** How many requests are in hand. */
  get inFlight(): number {
    return this.desk?.inFlight ?? 0;
  }

  override addHandler(
    pattern: string,
    callback: MessageHandler,
    isEventHandler?: boolean,
    extras?: Record<string, unknown>,
  ): void {
    this.handled.push(this.normalizePattern(pattern));
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** Fails, so that the app does not start, unless every contract of this service has exactly one handler. */
  listen(callback: (error?: unknown) => void): void {
    try {
      checkHandlers('pattern', [...this.declared.keys()], this.handled);
      const handlers = new Map(
        [...this.declared].map(([pattern, contract]) => [
          pattern,
          { contract, invoke: (payload: unknown, context: RpcContext) => this.invoke(pattern, payload, context) },
        ]),
      );
      this.desk = new RequestDesk(this.messaging, handlers, {
        service: this.options.service,
        replica: randomBytes(8).toString('hex'),
        maxInFlight: this.options.maxInFlight ?? 2_000,
        closeTimeoutMs: this.options.closeTimeoutMs ?? 15_000,
        observe: this.options.observe,
      });
      this.desk.open();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  /**
   * Stops reading, gives back what has not begun, waits for what has, answers, and leaves. Nest calls it after `beforeApplicationShutdown` and
   * before `onApplicationShutdown`: what handlers need is closed in the latter.
   */
  async close(): Promise<void> {
    await this.desk?.close();
  }

  /** This transport has no events of its own. */
  on(): void {
    throw new Error('not supported: see Messaging');
  }

  unwrap<T>(): T {
    return this.messaging as T;
  }

  private invoke(pattern: string, payload: unknown, context: RpcContext): Promise<unknown> {
    const handler = this.messageHandlers.get(pattern) as MessageHandler<unknown, RpcContext, unknown>;
    return new Promise((resolve, reject) => {
      this.runWithProcessingHooks(context, async (end) => {
        try {
          const result = await handler(payload, context);
          resolve(isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result);
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the handler threw, as it is
          reject(error);
        } finally {
          end();
        }
      });
    });
  }
}
