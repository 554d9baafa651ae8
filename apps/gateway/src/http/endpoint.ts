import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import { z } from 'zod';
import type { Scope } from '@otpost/contracts';

/** Who may call: a scope of an API key, several of one key, any API key, the root key, or anyone. */
export type Access = Scope | readonly Scope[] | 'any-key' | 'root' | 'public';

/**
 * One route: its schemas validate what comes in, encode what goes out and make its part of the OpenAPI document.
 * There is no second description of it anywhere.
 */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` for parameters, as Fastify writes them. */
  path: string;
  access: Access;
  /** Section of the documentation. */
  tag: string;
  summary: string;
  params: Params;
  query: Query;
  body: Body;
  /** Files that may be sent in place of the body, as multipart/form-data. */
  files?: FormFiles;
  response: Response;
  status: number;
  /** Honours `Idempotency-Key`. */
  idempotent: boolean;
  /** Of the answer. */
  contentType: string;
}

/** One field of a form, with one file or several. */
export interface FormFiles {
  name: string;
  contentTypes: readonly string[];
  most: number;
  description: string;
}

export type InputOf<Of> =
  Of extends Endpoint<infer Params, infer Query, infer Body>
    ? { params: z.output<Params>; query: z.output<Query>; body: z.output<Body> }
    : never;
export type OutputOf<Of extends Endpoint> = z.output<Of['response']>;

const nothing = z.strictObject({});
/** No body, or an empty one: clients send `{}` or nothing where none is needed. */
const noBody = z.strictObject({}).optional();

/** Declares a route. What it does not say is: no parameters, no query, no body, status 201 for a POST and 200 for others. */
export function defineEndpoint<
  Response extends z.ZodType,
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = typeof noBody,
>(endpoint: {
  method: Endpoint['method'];
  path: string;
  access: Access;
  tag: string;
  summary: string;
  params?: Params;
  query?: Query;
  body?: Body;
  files?: FormFiles;
  response: Response;
  status?: number;
  idempotent?: boolean;
  contentType?: string;
}): Endpoint<Params, Query, Body, Response> {
  const declared = {
    params: nothing as unknown as Params,
    query: nothing as unknown as Query,
    body: noBody as unknown as Body,
    status: endpoint.method === 'POST' ? 201 : 200,
    idempotent: endpoint.method === 'POST' && endpoint.path.startsWith('/v1/'),
    contentType: 'application/json',
    ...endpoint,
  };
  return declared;
}

const endpointMetadata = 'otpost:endpoint';

type Handler<Response> = (...parameters: never[]) => Promise<Response>;

/**
 * Makes a controller's method the handler of an endpoint. What the method returns is encoded by the response's schema: only here
 * does a `Secret` become text, and a field that the contract does not name does not leave.
 */
export function Handles<Of extends Endpoint>(endpoint: Of) {
  return <Method extends Handler<OutputOf<Of>>>(
    target: object,
    name: string,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const handle = descriptor.value;
    if (handle === undefined) throw new TypeError('@Handles() belongs on a method');
    const encoding = async function (this: unknown, ...parameters: never[]): Promise<unknown> {
      return z.encode(endpoint.response, await handle.apply(this, parameters));
    };
    descriptor.value = encoding as unknown as Method;
    applyDecorators(
      SetMetadata(endpointMetadata, endpoint),
      RequestMapping({ path: endpoint.path, method: RequestMethod[endpoint.method] }),
      HttpCode(endpoint.status),
    )(target, name, descriptor);
  };
}

/** The endpoint that a handler serves; undefined for routes outside the API (health, metrics, documentation). */
export function endpointOf(handler: object): Endpoint | undefined {
  return Reflect.getMetadata(endpointMetadata, handler) as Endpoint | undefined;
}
