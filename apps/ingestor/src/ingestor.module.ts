import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { queueContracts } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { JobQueues, QueueModule } from '@otpost/messaging';
import type { Logger, ServiceConfig } from '@otpost/platform';
import { dnsLookUp, type DnsLookUp } from './authentication/dns.js';
import { SenderVerifier } from './authentication/sender-verifier.js';
import { Intake } from './http/intake.js';
import { ProblemFilter } from './http/problem-filter.js';
import { lostThreads } from './inbound-metrics.js';
import { Journal } from './journal.js';
import { MailReceiver } from './mail/mail-receiver.js';
import { MemoryBudget } from './memory-budget.js';
import { Deposits } from './messages/deposits.js';
import { MessageStore } from './messages/message-store.js';
import { VaultKey } from './messages/vault-public-key.js';
import { MimeHookController } from './mime/mime-hook.controller.js';
import { MimeProof } from './mime/mime-proof.js';
import { SendGridController } from './sendgrid/sendgrid.controller.js';
import { SendGridProof } from './sendgrid/sendgrid-proof.js';
import { SmsReceiver } from './sms/sms-receiver.js';
import { SmtpListener } from './smtp/smtp-listener.js';
import { TwilioController } from './twilio/twilio.controller.js';
import { TwilioProof } from './twilio/twilio-proof.js';
import { Parser } from './workers/parser.js';
import type { ThreadSource } from './workers/worker-pool.js';

export interface IngestorOptions {
  config: ServiceConfig<'ingestor'>;
  logger: Logger;
  database: Database;
  /** Specs answer themselves. */
  dns?: DnsLookUp;
  /** Specs run the threads from their sources. */
  threads?: { parse: ThreadSource; verify: ThreadSource };
}

/** Of forms of SMS, in hand at once: thousands. */
const smsBudgetBytes = 16 * 1024 * 1024;

/** The composition of the ingestor, and its order of starting and stopping. */
@Module({})
export class IngestorModule implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(Parser) private readonly parser: Parser,
    @Inject(SenderVerifier) private readonly verifier: SenderVerifier,
    @Inject(Deposits) private readonly deposits: Deposits,
    @Inject(SmtpListener) private readonly smtp: SmtpListener,
    @Inject(MailReceiver) private readonly receiver: MailReceiver,
  ) {}

  static of(options: IngestorOptions): DynamicModule {
    const { config, logger, database, threads } = options;
    const half = (config.OTPOST_INBOUND_MEMORY_MB * 1024 * 1024) / 2;
    const journal = new Journal(logger);
    const vaultKey = new VaultKey(database.pool);
    const store = new MessageStore(database, vaultKey, config.OTPOST_HOOK_KEY);
    const inboxDomain = config.OTPOST_INBOX_DOMAIN;
    const parser = new Parser({
      threads: config.OTPOST_PARSER_THREADS,
      ...(threads && { thread: threads.parse }),
      onThreadLost: (reason) => {
        lostThreads.inc({ reason });
        logger.warn('parser.thread_lost', { reason });
      },
    });
    const verifier = new SenderVerifier({
      dns: options.dns ?? dnsLookUp(config.OTPOST_DNS_SERVERS),
      ...(threads && { thread: threads.verify }),
    });
    return {
      module: IngestorModule,
      imports: [
        QueueModule.forRoot({
          service: 'ingestor',
          redisUrl: config.REDIS_URL,
          prefix: config.OTPOST_REDIS_PREFIX,
          logger,
          queues: queueContracts,
        }),
      ],
      controllers: [MimeHookController, SendGridController, TwilioController],
      providers: [
        { provide: Database, useValue: database },
        { provide: Journal, useValue: journal },
        { provide: VaultKey, useValue: vaultKey },
        { provide: Parser, useValue: parser },
        { provide: SenderVerifier, useValue: verifier },
        {
          provide: Intake,
          useValue: new Intake({
            budgets: { mail: new MemoryBudget(half), sms: new MemoryBudget(smsBudgetBytes) },
            journal,
            publicUrl: config.OTPOST_PUBLIC_INGEST_URL,
            mailLimitBytes: config.OTPOST_MAX_MAIL_BYTES,
            inboxDomain,
          }),
        },
        {
          provide: TwilioProof,
          useValue: new TwilioProof({ authToken: config.OTPOST_TWILIO_AUTH_TOKEN, hookKey: config.OTPOST_HOOK_KEY }),
        },
        {
          provide: SendGridProof,
          useValue: new SendGridProof({
            publicKey: config.OTPOST_SENDGRID_PUBLIC_KEY,
            pathSecret: config.OTPOST_SENDGRID_PATH_SECRET,
          }),
        },
        { provide: MimeProof, useValue: new MimeProof(config.OTPOST_MIME_SECRET) },
        {
          provide: Deposits,
          useFactory: (queues: JobQueues) => new Deposits({ queues, database, logger }),
          inject: [JobQueues],
        },
        {
          provide: SmsReceiver,
          useFactory: (deposits: Deposits) => new SmsReceiver(database, parser, store, deposits),
          inject: [Deposits],
        },
        {
          provide: MailReceiver,
          useFactory: (deposits: Deposits) =>
            new MailReceiver({ database, parser, verifier, store, deposits, logger, inboxDomain }),
          inject: [Deposits],
        },
        {
          provide: SmtpListener,
          useFactory: (receiver: MailReceiver) =>
            new SmtpListener(smtpOptions(config), {
              parser,
              receiver,
              journal,
              budget: new MemoryBudget(half),
              logger,
            }),
          inject: [MailReceiver],
        },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
      ],
    };
  }

  /** Threads first: what listens must be able to answer. */
  async onApplicationBootstrap(): Promise<void> {
    await Promise.all([this.parser.start(), this.verifier.start()]);
    await this.smtp.start();
    this.deposits.startSweeping();
  }

  /** HTTP stops after this, and with it the last use of what is closed below. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.smtp.close();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.receiver.close();
    await this.deposits.close();
    await Promise.all([this.parser.close(), this.verifier.close()]);
  }
}

function smtpOptions(config: ServiceConfig<'ingestor'>) {
  const { OTPOST_SMTP_TLS_CERT_FILE: cert, OTPOST_SMTP_TLS_KEY_FILE: key } = config;
  return {
    host: config.OTPOST_BIND,
    port: config.OTPOST_SMTP_PORT,
    inboxDomain: config.OTPOST_INBOX_DOMAIN,
    maxBytes: config.OTPOST_MAX_MAIL_BYTES,
    requireTls: config.OTPOST_SMTP_REQUIRE_TLS,
    tlsFiles: cert === undefined || key === undefined ? undefined : { cert, key },
    trustedProxies: config.OTPOST_SMTP_TRUSTED_PROXIES,
    connections: config.OTPOST_SMTP_CONNECTIONS,
    connectionsPerIp: config.OTPOST_SMTP_CONNECTIONS_PER_IP,
    mailsPerMinute: config.OTPOST_SMTP_MAILS_PER_MINUTE,
    stopMs: Math.max(1_000, (config.OTPOST_SHUTDOWN_SECONDS - 5) * 1_000),
  };
}
