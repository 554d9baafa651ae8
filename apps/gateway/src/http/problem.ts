import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';

/** The one table from code to status. */
const statusOf: Record<ErrorCode, number> = {
  malformed_json: 400,
  validation_failed: 422,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unauthenticated: 401,
  key_expired: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  already_exists: 409,
  no_second_factor: 409,
  factor_not_readable: 409,
  no_fresh_code: 404,
  hotp_needs_post: 409,
  idempotency_key_reused: 422,
  idempotency_in_flight: 409,
  rate_limited: 429,
  overloaded: 503,
  unavailable: 503,
  deadline_exceeded: 504,
  outcome_unknown: 503,
  cancelled: 499,
  internal: 500,
};

/**
 * Every error leaves here, as RFC 9457 problem details. `message` and `error` repeat the text for the clients that read those;
 * on the surfaces of Sendblue's API `status` is the string that its clients know.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toAppError(thrown);
    const status = statusOf[error.code];
    const { id } = request.otpost;
    request.otpost.errorCode = error.code;
    if (status >= 500) this.logger.error('request.failed', { request_id: id, code: error.code }, thrown);
    if (reply.sent) return;
    if (error.code === 'payload_too_large') letBodyEnd(request, reply);
    if (error.code === 'unauthenticated' || error.code === 'key_expired') reply.header('www-authenticate', 'Bearer');
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
    else if (status === 503) reply.header('retry-after', 1);
    if (status === 409) reply.header('x-should-retry', 'false');
    reply
      .code(status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .header('cache-control', 'no-store');
    reply.send(
      JSON.stringify({
        type: `https://otpost.dev/problems/${error.code}`,
        title: STATUS_CODES[status] ?? 'Client Closed Request',
        status: speaksSendblue(request.url) ? 'ERROR' : status,
        detail: error.message,
        message: error.message,
        error: error.message,
        code: error.code,
        request_id: id,
        ...(error.fields.length > 0 ? { errors: error.fields } : {}),
      }),
    );
  }
}

/** Whatever was thrown, as one of ours. What is not known is `internal`, and says nothing. */
function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { status, code } = externalError(thrown);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || status === 413)
    return new AppError('payload_too_large', 'the body is too large');
  if (status === 415) return new AppError('unsupported_media_type', 'send application/json');
  if (status === 404) return new AppError('not_found', 'there is no such route');
  if (status === 405) return new AppError('method_not_allowed', 'the route does not take this method');
  if (status !== undefined && status >= 400 && status < 500)
    return new AppError('malformed_json', 'the request is malformed');
  return new AppError('internal', 'something went wrong on our side', { cause: thrown });
}

function externalError(thrown: unknown): { status?: number; code?: string } {
  if (thrown instanceof HttpException) return { status: thrown.getStatus() };
  if (!(thrown instanceof Error)) return {};
  const { statusCode, code } = thrown as Error & { statusCode?: unknown; code?: unknown };
  return {
    ...(typeof statusCode === 'number' ? { status: statusCode } : {}),
    ...(typeof code === 'string' ? { code } : {}),
  };
}

/** The most of a refused body that is read and thrown away. */
const drainedBytes = 64 * 1024 * 1024;

/**
 * A client that is still sending when the connection closes never sees why. So a refused body of a bearable length is let in and
 * dropped; beyond that the connection closes, as Fastify would have it.
 */
function letBodyEnd(request: FastifyRequest, reply: FastifyReply): void {
  if (Number(request.headers['content-length'] ?? Infinity) > drainedBytes) return;
  reply.header('connection', 'keep-alive');
  request.raw.resume();
}

function speaksSendblue(url: string): boolean {
  return url.startsWith('/api/v2/') || url.startsWith('/v3/');
}
