import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError, type ErrorCode } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';

/** What a hook may answer. Providers try again after 5xx, and give up after 4xx. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  cancelled: 499,
  overloaded: 503,
  unavailable: 503,
};

/** Every error of the hooks leaves here, as RFC 9457 problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toAppError(thrown);
    const status = statusOf[error.code] ?? 500;
    if (status === 500) this.logger.error('request.failed', {}, thrown);
    if (reply.sent) return;
    if (status === 503) reply.header('retry-after', error.retryAfterSeconds ?? 5);
    reply.code(status).header('content-type', 'application/problem+json; charset=utf-8');
    reply.send(
      JSON.stringify({
        type: `https://otpost.dev/problems/${error.code}`,
        title: STATUS_CODES[status] ?? 'Client Closed Request',
        status,
        detail: error.message,
        code: error.code,
      }),
    );
  }
}

function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const { statusCode: status } = statusOfThrown(thrown);
  if (status === 404) return new AppError('not_found', 'There is no such route');
  if (status === 405) return new AppError('method_not_allowed', 'The route does not take this method');
  if (status === 413) return new AppError('payload_too_large', 'The body is too large');
  if (status !== undefined && status >= 400 && status < 500)
    return new AppError('validation_failed', 'The request is malformed');
  return new AppError('internal', 'Something went wrong on our side', { cause: thrown });
}

function statusOfThrown(thrown: unknown): { statusCode?: number } {
  if (thrown instanceof HttpException) return { statusCode: thrown.getStatus() };
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number')
    return { statusCode: thrown.statusCode };
  return {};
}
