import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const connectionTimeoutMs = 30_000;
/** 30 MB at 4 Mbit/s. */
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 72_000; // longer than the idle time-out of the usual load balancers, so that they hang up first

/** The HTTP server of the hooks. What was forwarded for whom is believed of nobody: signatures are over the configured URL. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 256 },
  });
}

/**
 * Bodies stay streams: a hook looks at the proof in the headers before it takes a byte, and keeps the bytes as they came, since the
 * proofs are over them.
 */
export function configureHttp(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  server.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    done(null, payload);
  });
}
