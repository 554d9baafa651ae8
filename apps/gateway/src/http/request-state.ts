import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller, Scope } from '@otpost/contracts';
import type { OpenSpan } from '@otpost/platform';

/** Who was recognised by the guard. */
export interface Authenticated {
  caller: Caller;
  /** Null for the root key. */
  workspaceId: string | null;
  keyId: string;
  scopes: ReadonlySet<Scope>;
}

/** What the gateway knows of one request while it lasts. */
export interface RequestState {
  id: string;
  startedAt: number;
  /** The bytes of the body as they came: what an idempotency key and signatures are about. */
  rawBody: Buffer | undefined;
  authenticated: Authenticated | undefined;
  /** Code of the error it was answered with. */
  errorCode: string | undefined;
  /** Where it is traced. */
  span: OpenSpan | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    otpost: RequestState;
  }
}

const acceptableRequestId = /^[A-Za-z0-9._-]{1,64}$/;

/** A client's own request id is kept when it is harmless, so that its logs and ours meet. */
export function newRequestState(request: FastifyRequest): RequestState {
  const given = request.headers['x-request-id'];
  return {
    id: typeof given === 'string' && acceptableRequestId.test(given) ? given : randomUUID(),
    startedAt: performance.now(),
    rawBody: undefined,
    authenticated: undefined,
    errorCode: undefined,
    span: undefined,
  };
}

/** Aborts when the client hangs up before its answer: whatever is under way for it can stop. */
export function hangUpSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
