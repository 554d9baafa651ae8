import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Histogram } from 'prom-client';
import { AppError } from '@otpost/contracts';
import { metrics, openSpan, type Logger } from '@otpost/platform';
import type { BodyHmac } from './call.js';
import { newRequestState } from './request-state.js';

/** Browser state of a vault entry may be large; nothing else comes near. */
const bodyLimitBytes = 5 * 1024 * 1024;
const keepAliveTimeoutMs = 72_000; // longer than the idle time-out of the usual load balancers, so that they hang up first

const duration = new Histogram({
  name: 'otpost_http_request_seconds',
  help: 'Time from the request to its answer, by route and status.',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  registers: [metrics],
});

/** The HTTP server: limits, bodies, request ids. */
export function createHttpAdapter(trustedProxies: string | undefined): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: 60_000,
    return503OnClosing: false,
    trustProxy: trustedProxies === undefined ? false : trustedProxies.split(',').map((address) => address.trim()),
    routerOptions: { maxParamLength: 512 },
  });
}

/** Hooks on every request, before Nest has registered its routes. */
export function configureHttp(app: NestFastifyApplication, logger: Logger, bodyHmac: BodyHmac): void {
  const server = app.getHttpAdapter().getInstance();
  acceptJson(server);
  server.decorate('bodyHmac', bodyHmac);
  server.decorateRequest('otpost');
  server.addHook('onRequest', (request, reply, done) => {
    request.otpost = newRequestState(request);
    const parent = request.headers['traceparent'];
    const name = `${request.method} ${request.routeOptions.url ?? 'none'}`;
    request.otpost.span = openSpan({ name, kind: 'server', parent: typeof parent === 'string' ? parent : undefined });
    reply.header('x-request-id', request.otpost.id);
    done();
  });
  // Last before the handler: what was begun while the body came in is no part of the span.
  server.addHook('preHandler', (request, _reply, done) => {
    const { span } = request.otpost;
    if (span === undefined) done();
    else span.within(done);
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { id, startedAt, authenticated, errorCode } = request.otpost;
    const route = request.routeOptions.url ?? 'none';
    const seconds = (performance.now() - startedAt) / 1_000;
    request.otpost.span?.end({ 'http.response.status_code': reply.statusCode }, reply.statusCode >= 500);
    duration.observe({ method: request.method, route, status: reply.statusCode }, seconds);
    logger.info('request', {
      request_id: id,
      method: request.method,
      route,
      status: reply.statusCode,
      duration_ms: Math.round(seconds * 1e5) / 100,
      workspace_id: authenticated?.workspaceId,
      key_id: authenticated?.keyId,
      code: errorCode,
      ip: request.ip,
    });
    done();
  });
}

/** JSON as the existing clients send it: an empty body under `application/json` is no body. Kept raw for idempotency keys. */
function acceptJson(server: FastifyInstance): void {
  server.removeContentTypeParser(['application/json', 'text/plain']);
  const parse = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, raw: Buffer, done) => {
    if (raw.length === 0) return done(null, undefined);
    request.otpost.rawBody = raw;
    void parse(request, raw.toString('utf8'), (error, body) => {
      // Not the parser's own message: it quotes the body.
      if (error) done(new AppError('malformed_json', 'the body is not valid JSON'));
      else done(null, body);
    });
  });
}
