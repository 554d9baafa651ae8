import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fieldError, type Caller, type Idempotency, type Scope, type WorkspaceCaller } from '@otpost/contracts';
import { contentFingerprint, deriveKey, type Secret } from '@otpost/envelope';
import { endpointOf } from './endpoint.js';
import { hangUpSignal } from './request-state.js';

/** On whose behalf a handler acts. */
export interface Call {
  caller: WorkspaceCaller;
  keyId: string;
  /** What the key may do. The guard has looked at them already. */
  scopes: ReadonlySet<Scope>;
  idempotency: Idempotency | null;
  /** Aborts when the client hangs up. */
  signal: AbortSignal;
}

/** The same under the root key, which belongs to no workspace. */
export interface RootCall {
  caller: Caller;
  idempotency: Idempotency | null;
  signal: AbortSignal;
}

export const CallOf = createParamDecorator((_: unknown, context: ExecutionContext): Call => {
  const { authenticated, idempotency, signal } = contextOf(context);
  if (authenticated.workspaceId === null) throw new TypeError('a route of a workspace was opened to the root key');
  return {
    caller: { ...authenticated.caller, workspace_id: authenticated.workspaceId },
    keyId: authenticated.keyId,
    scopes: authenticated.scopes,
    idempotency,
    signal,
  };
});

export const RootCallOf = createParamDecorator((_: unknown, context: ExecutionContext): RootCall => {
  const { authenticated, idempotency, signal } = contextOf(context);
  return { caller: authenticated.caller, idempotency, signal };
});

/** Of a route and a body: hex. */
export type BodyHmac = (route: string, body: Uint8Array) => string;

/**
 * Tells two bodies apart without keeping either: HMAC-SHA256 under a key derived from the transport key, so that a stored one says
 * nothing of a body that could be guessed.
 */
export function createBodyHmac(transportKey: Secret): BodyHmac {
  const [newest = ''] = transportKey.reveal().split(',');
  const key = deriveKey(Buffer.from(newest, 'hex'), 'idempotency');
  return (route, body) => contentFingerprint(key, 'request body', route, body).toString('hex');
}

declare module 'fastify' {
  interface FastifyInstance {
    bodyHmac: BodyHmac;
  }
}

function contextOf(context: ExecutionContext) {
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  const { authenticated } = request.otpost;
  if (authenticated === undefined) throw new TypeError('the route has no @Handles(), so nobody was authenticated');
  const idempotent = endpointOf(context.getHandler())?.idempotent === true;
  return {
    authenticated,
    idempotency: idempotent ? idempotencyOf(request) : null,
    signal: hangUpSignal(request, http.getResponse<FastifyReply>()),
  };
}

function idempotencyOf(request: FastifyRequest): Idempotency | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw fieldError('Idempotency-Key', 'must be 1 to 255 printable ASCII characters without spaces');
  }
  const route = `${request.method} ${request.url.split('?', 1)[0] ?? ''}`;
  return { key, route, body_hmac: request.server.bodyHmac(route, request.otpost.rawBody ?? Buffer.alloc(0)) };
}
