import { randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { v7 as uuidv7 } from 'uuid';
import {
  inboundMessagePlace,
  sealedExtraction,
  sealedMessage,
  type SealedExtraction,
  type SealedMessage,
} from '@otpost/contracts';
import { Database, OwnerDatabase, type InboundMessage } from '@otpost/database';
import { createTestDatabase, insertWorkspace, type SeededWorkspace, type TestDatabase } from '@otpost/database/testing';
import { generateVaultKeyPair, importVaultKeyPair, openInVault, type VaultKeyPair } from '@otpost/envelope';
import { RedisServer } from '@otpost/messaging/testing';
import { createLogger, loadConfig, type ServiceConfig } from '@otpost/platform';
import type { DnsLookUp } from '../authentication/dns.js';
import { configureHttp, createHttpAdapter } from '../http/server.js';
import { IngestorModule } from '../ingestor.module.js';
import { SmtpListener } from '../smtp/smtp-listener.js';
import { TcpGate } from './tcp-gate.js';
import { threadFrom } from './thread-from.js';

export const hookKey = randomBytes(32);
export const inboxDomain = 'inbox.otpost.example';
/** Under which the specs' Twilio signs, unless a number has its own. */
export const twilioToken = 'deployment-token-of-the-specs';

export interface OpenedMessage {
  row: InboundMessage;
  content: SealedMessage;
  extraction: SealedExtraction;
}

export interface TestIngestorOptions {
  environment?: Record<string, string>;
  dns?: DnsLookUp;
}

/** An ingestor on real PostgreSQL and Redis, with a vault's key pair whose private half the spec has. */
export class TestIngestor {
  /** Every line that it has logged. */
  readonly log: string[] = [];
  private isUp = false;
  private app!: NestFastifyApplication;
  private service!: Database;
  private keyPair!: VaultKeyPair;

  private constructor(
    readonly database: TestDatabase,
    readonly redis: RedisServer,
    /** Before PostgreSQL: shut, the ingestor cannot reach it. */
    readonly gate: TcpGate,
    readonly owner: OwnerDatabase,
    private readonly options: TestIngestorOptions,
  ) {}

  static async start(options: TestIngestorOptions = {}): Promise<TestIngestor> {
    const [database, redis] = await Promise.all([createTestDatabase(), RedisServer.start()]);
    const gate = await TcpGate.open(new URL(database.ownerUrl));
    const owner = new OwnerDatabase({ url: database.ownerUrl, applicationName: 'spec', connections: 4 });
    const ingestor = new TestIngestor(database, redis, gate, owner, options);
    await ingestor.makeVaultKey();
    await ingestor.up();
    return ingestor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.app.getHttpServer().address() as { port: number }).port}`;
  }

  get smtpPort(): number {
    return this.app.get(SmtpListener).port;
  }

  /** Mail transactions that have begun. */
  smtpTransactions(): number {
    return this.app.get(SmtpListener).transactions;
  }

  get<Provider>(provider: new (...parameters: never[]) => Provider): Provider {
    return this.app.get<Provider>(provider);
  }

  async up(): Promise<void> {
    this.service = this.serviceDatabase();
    const destination = { write: (line: string) => void this.log.push(line) };
    const logger = createLogger({ service: 'ingestor', replica: 'spec', level: 'debug', destination });
    this.app = await NestFactory.create<NestFastifyApplication>(
      IngestorModule.of({
        config: this.config(),
        logger,
        database: this.service,
        dns: this.options.dns ?? noDns,
        threads: {
          parse: threadFrom('../workers/parse-worker.ts'),
          verify: threadFrom('../authentication/verify-worker.ts'),
        },
      }),
      createHttpAdapter(),
      { logger: false, abortOnError: false, bodyParser: false },
    );
    configureHttp(this.app);
    await this.app.listen(0, '127.0.0.1');
    this.isUp = true;
  }

  async down(): Promise<void> {
    if (!this.isUp) return;
    this.isUp = false;
    await this.app.close();
    await this.service.close();
  }

  async stop(): Promise<void> {
    await this.down();
    await this.owner.close();
    await this.gate.close();
    await this.redis.remove();
    await this.database.drop();
  }

  workspace(): Promise<SeededWorkspace> {
    return this.owner.asSystem((tx) => insertWorkspace(tx));
  }

  /** Every message of the workspace, oldest first, opened as the vault would. */
  async messages(workspaceId: string): Promise<OpenedMessage[]> {
    const rows = await this.owner.asSystem((tx) =>
      tx.inboundMessage.findMany({ where: { workspaceId }, orderBy: { id: 'asc' } }),
    );
    return rows.map((row) => {
      const open = (column: 'content' | 'extraction') =>
        JSON.parse(
          openInVault(this.keyPair, row[column] ?? new Uint8Array(), inboundMessagePlace(workspaceId, row.id, column))
            .reveal()
            .toString('utf8'),
        ) as unknown;
      return {
        row,
        content: sealedMessage.parse(open('content')),
        extraction: sealedExtraction.parse(open('extraction')),
      };
    });
  }

  private async makeVaultKey(): Promise<void> {
    const { publicKey, privateKey } = generateVaultKeyPair();
    const id = uuidv7();
    this.keyPair = importVaultKeyPair(id, privateKey.reveal());
    await this.owner.asSystem((tx) =>
      tx.vaultKeyPair.create({ data: { id, publicKey, privateKeyWrapped: new Uint8Array(60), kekId: 'spec' } }),
    );
  }

  private serviceDatabase(): Database {
    const { DATABASE_URL: url } = this.config();
    return new Database({ url: url.reveal(), applicationName: 'ingestor', onConnectionError: () => undefined });
  }

  private config(): ServiceConfig<'ingestor'> {
    return loadConfig('ingestor', {
      OTPOST_SERVICE_PORT: '0',
      OTPOST_SMTP_PORT: '0',
      DATABASE_URL: this.gate.reroute(this.database.urls.ingestor),
      REDIS_URL: this.redis.url,
      OTPOST_HOOK_KEY: hookKey.toString('hex'),
      OTPOST_INBOX_DOMAIN: inboxDomain,
      OTPOST_TWILIO_AUTH_TOKEN: twilioToken,
      ...this.options.environment,
    });
  }
}

const noDns: DnsLookUp = () => Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));
