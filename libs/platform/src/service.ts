import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceName } from '@otpost/contracts';
import { ConfigError, loadConfig, type ServiceConfig } from './config.js';
import { HealthController, Readiness, type ReadinessCheck } from './health.js';
import { createLogger, nestLogger, type Logger } from './logging.js';
import { MetricsController, startProcessMetrics } from './metrics.js';
import { startTracing } from './tracing.js';

/** What the composition root of a service gets before its Nest app exists. */
export interface ServiceContext<Service extends ServiceName> {
  config: ServiceConfig<Service>;
  logger: Logger;
  replica: string;
}

/** What makes up one service: given by its `main.ts`. */
export interface ServiceParts {
  module: DynamicModule | Type;
  readiness: (app: NestFastifyApplication) => readonly ReadinessCheck[];
  /** The HTTP server, where the default one (health and metrics alone) is not enough. It is drained before it stops. */
  adapter?: FastifyAdapter;
  /** Serves this service's RPC, where it has any. */
  rpcServer?: (app: NestFastifyApplication) => CustomTransportStrategy;
  /** Last touches before it listens: hooks, plugins, filters. */
  configure?: (app: NestFastifyApplication) => Promise<void> | void;
  /** After the last request has ended. Closes connections. */
  close?: () => Promise<void>;
}

/**
 * How long a server that clients talk to still takes requests once it is told to stop: those on their way, on connections that look idle
 * or are not accepted yet, would be lost otherwise. Each answer asks its client to connect anew, which may be to another replica.
 */
const drainMs = 500;

/**
 * Runs one service until it is told to stop: configuration first, then Nest, then the port. SIGTERM and SIGINT end it in order: not ready
 * any more, drained, no new work, work in flight ended (bounded), connections closed. Never returns a half-started service.
 */
export async function runService<Service extends ServiceName>(
  service: Service,
  compose: (context: ServiceContext<Service>) => Promise<ServiceParts> | ServiceParts,
): Promise<void> {
  let config: ServiceConfig<Service>;
  try {
    config = loadConfig(service);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    refuse(service, error);
  }
  const replica = config.OTPOST_REPLICA ?? `${service}-${randomBytes(4).toString('hex')}`;
  const logger = createLogger({ service, replica, level: config.OTPOST_LOG_LEVEL });
  failLoudly(logger);
  startProcessMetrics(service, replica);
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  try {
    const stopTracing = endpoint === undefined ? undefined : await startTracing(service, replica, endpoint);
    const parts = await compose({ config, logger, replica });
    const readiness = new Readiness();
    const app = await NestFactory.create<NestFastifyApplication>(
      rootModule(parts.module, readiness),
      parts.adapter ?? new FastifyAdapter({ return503OnClosing: false }),
      { logger: nestLogger(logger), abortOnError: false, bodyParser: false },
    );
    readiness.watch(parts.readiness(app));
    hangUpWhenStopping(app, readiness);
    await parts.configure?.(app);
    if (parts.rpcServer) {
      app.connectMicroservice({ strategy: parts.rpcServer(app) }, { inheritAppConfig: false });
      await app.startAllMicroservices();
    }
    await app.listen(config.OTPOST_SERVICE_PORT, config.OTPOST_BIND);
    logger.info('service.ready', { url: await app.getUrl() });
    const close = async () => {
      await parts.close?.();
      await stopTracing?.();
    };
    stopOnSignal(app, { ...parts, close }, readiness, logger, config.OTPOST_SHUTDOWN_SECONDS);
  } catch (error) {
    if (error instanceof ConfigError) refuse(service, error);
    logger.error('service.failed_to_start', {}, error);
    process.stderr.write(`otpost ${service}: cannot start: ${startupMessage(error)}\n`);
    process.exitCode = 1;
    setImmediate(() => process.exit(1));
  }
}

function refuse(service: ServiceName, { problems }: ConfigError): never {
  for (const problem of problems) process.stderr.write(`otpost ${service}: ${problem}\n`);
  process.exit(78); // EX_CONFIG
}

function rootModule(module: DynamicModule | Type, readiness: Readiness): DynamicModule {
  return {
    module: ServiceModule,
    imports: [module],
    controllers: [HealthController, MetricsController],
    providers: [{ provide: Readiness, useValue: readiness }],
  };
}

@Module({})
class ServiceModule {}

function hangUpWhenStopping(app: NestFastifyApplication, readiness: Readiness): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (_request, reply, payload, done) => {
      if (readiness.isStopping) reply.header('connection', 'close');
      done(null, payload);
    });
}

function stopOnSignal(
  app: INestApplicationContext,
  parts: ServiceParts,
  readiness: Readiness,
  logger: Logger,
  shutdownSeconds: number,
): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    const started = performance.now();
    readiness.stop();
    logger.info('service.stopping', { signal });
    const overdue = setTimeout(() => {
      logger.error('service.stop_overdue', { seconds: shutdownSeconds });
      process.exit(1);
    }, shutdownSeconds * 1_000);
    try {
      if (parts.adapter !== undefined) await sleep(drainMs);
      await app.close();
      await parts.close?.();
      clearTimeout(overdue);
      logger.info('service.stopped', { duration_ms: Math.round(performance.now() - started) });
    } catch (error) {
      logger.error('service.stop_failed', {}, error);
      process.exitCode = 1;
    }
    setImmediate(() => process.exit());
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

/** A bug must not leave a replica that answers wrongly: it says so and is started again by whoever runs it. */
function failLoudly(logger: Logger): void {
  const die = (event: string) => (error: unknown) => {
    logger.error(event, {}, error);
    setTimeout(() => process.exit(1), 50).unref();
  };
  process.on('uncaughtException', die('process.uncaught_exception'));
  process.on('unhandledRejection', die('process.unhandled_rejection'));
}

/** What the operator is told on standard error: why it did not start. No request has been served: there is nothing of a client's in it. */
function startupMessage(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { code } = error as NodeJS.ErrnoException;
  return `${code === undefined ? '' : `${code} `}${error.message}`.slice(0, 4_000);
}
