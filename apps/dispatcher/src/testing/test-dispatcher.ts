import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  eventContracts,
  fanOutEvents,
  rpcContracts,
  type NewEvent,
  type RequestOf,
  type ResponseOf,
  type RpcContract,
  type WorkspaceCaller,
} from '@otpost/contracts';
import { appendEvent, Database, OwnerDatabase, type EventOptions } from '@otpost/database';
import { createTestDatabase, type TestDatabase } from '@otpost/database/testing';
import { Secret } from '@otpost/envelope';
import { JobQueues, Messaging, RedisRpcServer, RpcClient, type MessagingOptions } from '@otpost/messaging';
import { RedisServer } from '@otpost/messaging/testing';
import { createLogger, loadConfig } from '@otpost/platform';
import { v7 as uuidv7 } from 'uuid';
import { DispatcherModule } from '../dispatcher.module.js';
import { dataKeyIdOf } from './data-keys.js';
import { startVaultStandIn, type VaultParts } from './vault-stand-in.js';

/** What a call names beside who calls. */
type Rest<Contract extends RpcContract> = Omit<RequestOf<Contract>, keyof WorkspaceCaller>;

/** A dispatcher with PostgreSQL, Redis and a stand-in for the vault, asked over RPC as the gateway does. */
export class TestDispatcher {
  /** What replicas that are started from now on read beside the rest. */
  moreEnvironment: Record<string, string> = {};
  /** Milliseconds that the dispatcher's clock is ahead. */
  clockAheadMs = 0;
  readonly log: string[] = [];
  #apps: NestFastifyApplication[] = [];
  #vault: NestFastifyApplication | undefined;

  private constructor(
    readonly testDatabase: TestDatabase,
    readonly redis: RedisServer,
    readonly messagingOptions: MessagingOptions,
    /** With the dispatcher's role. */
    readonly database: Database,
    readonly owner: OwnerDatabase,
    readonly rpc: RpcClient,
    readonly queues: JobQueues,
    readonly messaging: Messaging,
  ) {}

  /** Starts everything but the dispatcher itself. */
  static async prepare(vault?: VaultParts): Promise<TestDispatcher> {
    const [testDatabase, redis] = await Promise.all([createTestDatabase(), RedisServer.start()]);
    const transportKey = new Secret(randomBytes(32).toString('hex'));
    const logger = createLogger({ service: 'gateway', replica: 'spec', level: 'silent' });
    const options = { redisUrl: new Secret(redis.url), transportKey, logger };
    const messaging = new Messaging(options);
    const dispatcher = new TestDispatcher(
      testDatabase,
      redis,
      options,
      new Database({ url: testDatabase.urls.dispatcher, applicationName: 'spec', connections: 4 }),
      new OwnerDatabase({ url: testDatabase.ownerUrl, applicationName: 'spec', connections: 4 }),
      new RpcClient(messaging),
      new JobQueues(options),
      messaging,
    );
    dispatcher.#vault = await startVaultStandIn(options, vault);
    return dispatcher;
  }

  static async start(vault?: VaultParts): Promise<TestDispatcher> {
    const dispatcher = await TestDispatcher.prepare(vault);
    await dispatcher.startReplica();
    return dispatcher;
  }

  /** What a dispatcher process reads from its environment. */
  get environment(): Record<string, string> {
    return {
      OTPOST_SERVICE_PORT: '0',
      DATABASE_URL: this.testDatabase.urls.dispatcher,
      REDIS_URL: this.redis.url,
      OTPOST_TRANSPORT_KEY: this.messagingOptions.transportKey.reveal(),
      OTPOST_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
      ...this.moreEnvironment,
    };
  }

  async startReplica(): Promise<NestFastifyApplication> {
    const config = loadConfig('dispatcher', this.environment);
    const destination = { write: (line: string) => void this.log.push(line) };
    const logger = createLogger({ service: 'dispatcher', replica: 'spec', level: 'debug', destination });
    const module = DispatcherModule.of({
      config,
      logger,
      database: new Database({
        url: config.DATABASE_URL.reveal(),
        applicationName: 'spec dispatcher',
        connections: 10,
      }),
      messaging: { ...this.messagingOptions, logger },
      now: () => Date.now() + this.clockAheadMs,
    });
    const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false });
    const contracts = [...rpcContracts, ...eventContracts];
    const strategy = new RedisRpcServer(app.get(Messaging), { service: 'dispatcher', contracts });
    app.connectMicroservice({ strategy });
    await app.startAllMicroservices();
    await app.init();
    this.#apps.push(app);
    return app;
  }

  async stopReplica(app: NestFastifyApplication): Promise<void> {
    this.#apps = this.#apps.filter((other) => other !== app);
    const database = app.get(Database);
    await app.close();
    await database.close();
  }

  get vault(): NestFastifyApplication {
    if (this.#vault === undefined) throw new Error('the vault does not run');
    return this.#vault;
  }

  /** @returns its id */
  async makeWorkspace(): Promise<string> {
    const id = uuidv7();
    const dataKeyId = dataKeyIdOf(id);
    await this.owner.asSystem(async (tx) => {
      await tx.workspace.create({ data: { id, name: 'spec', clientEncryptionKey: new Uint8Array(32), dataKeyId } });
      await tx.dataKey.create({
        data: { id: dataKeyId, workspaceId: id, version: 1, kekId: 'spec', wrapped: new Uint8Array(48) },
      });
    });
    return id;
  }

  /** Asks the dispatcher as an API key of the workspace. */
  ask<Contract extends RpcContract>(
    contract: Contract,
    workspaceId: string,
    rest: Rest<Contract>,
  ): Promise<ResponseOf<Contract>> {
    const caller: WorkspaceCaller = {
      actor: { kind: 'api_key', id: 'key1' },
      ip: '192.0.2.7',
      request_id: 'spec',
      workspace_id: workspaceId,
    };
    return this.rpc.call(contract, { ...caller, ...rest } as RequestOf<Contract>);
  }

  /** Writes events in one transaction, and says so. @returns their ids */
  async emit(workspaceId: string, events: readonly NewEvent[], options?: EventOptions): Promise<string[]> {
    const ids = await this.database.withWorkspace(workspaceId, async (tx) => {
      const written: string[] = [];
      for (const event of events) written.push(await appendEvent(tx, workspaceId, event, options));
      return written;
    });
    await this.queues.add(fanOutEvents, { workspace_id: workspaceId }).catch(() => undefined);
    return ids;
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await this.stopReplica(app);
    await this.rpc.close();
    await this.queues.close();
    await this.#vault?.close();
    this.messaging.close();
    await Promise.all([this.database.close(), this.owner.close()]);
    await this.testDatabase.drop();
    await this.redis.remove();
  }
}

export function resolvedEvent(sessionId = 'run-1'): NewEvent {
  return {
    type: 'challenge.resolved',
    payload: {
      challenge_id: uuidv7(),
      session_id: sessionId,
      workflow_id: null,
      credential_id: null,
      otp_secret_id: null,
      factor: 'authenticator',
    },
  };
}

export function waitingEvent(challengeId: string, sessionId = 'run-1'): NewEvent {
  return {
    type: 'interaction.waiting',
    payload: {
      session_id: sessionId,
      workflow_id: 'workflow-1',
      current_step: 'Enter the code',
      missing_properties: ['code'],
      expected_json_schema_datamodel: { type: 'object', properties: { code: { type: 'string' } }, required: ['code'] },
      message: 'Please enter the code that was sent to you.',
      challenge_id: challengeId,
    },
  };
}
