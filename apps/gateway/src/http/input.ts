import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError, type FieldError } from '@otpost/contracts';
import { describeIssue } from './describe-issue.js';
import { endpointOf, type Endpoint } from './endpoint.js';

/** The validated input of the endpoint: `params`, `query` and `body`, parsed once, here. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const endpoint = endpointOf(context.getHandler());
  if (endpoint === undefined) throw new TypeError('@Input() belongs on a method with @Handles()');
  return parseInput(endpoint, context.switchToHttp().getRequest<FastifyRequest>());
});

/**
 * @throws AppError `validation_failed` that names every field at fault, and none of their values.
 */
export function parseInput(endpoint: Endpoint, request: Pick<FastifyRequest, 'params' | 'query' | 'body'>) {
  const params = endpoint.params.safeParse(request.params ?? {});
  // An id that cannot exist is answered as one that does not.
  if (!params.success) throw new AppError('not_found', 'not found');
  const query = endpoint.query.safeParse(request.query ?? {}, { error: describeIssue });
  const body = endpoint.body.safeParse(request.body ?? undefined, { error: describeIssue });
  const fields = [query, body].flatMap(({ error }) => (error === undefined ? [] : fieldErrors(error)));
  if (fields.length > 0) throw validationFailed(fields);
  return { params: params.data, query: query.data, body: body.data };
}

/** One message for all fields, for the clients that show just that. */
export function validationFailed(fields: readonly FieldError[]): AppError {
  const text = fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new AppError('validation_failed', text.slice(0, 1_000), { fields: fields.slice(0, 50) });
}

function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: path === '' ? key : `${path}.${key}`, message: 'unknown field' }));
    }
    return [{ path, message: issue.message }];
  });
}
