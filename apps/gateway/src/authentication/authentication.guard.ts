import { timingSafeEqual } from 'node:crypto';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiKeySecretMatches, AppError, hashApiKeySecret, scopes, type Actor } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import { endpointOf, type Access } from '../http/endpoint.js';
import type { Authenticated } from '../http/request-state.js';
import type { RateLimiter } from '../rate-limits/rate-limiter.js';
import type { KeyCache, KnownKey } from './api-keys.js';
import { keyOfConsole } from './console-cookie.js';
import { presentedKey } from './presented-key.js';

export interface AuthenticationOptions {
  keys: KeyCache;
  rateLimiter: RateLimiter;
  rootKey: Secret;
  /** Requests per second of a key that has no limit of its own. */
  defaultRateLimit: number;
  /** Told of every use, for `last_used_at`. */
  onUse: (keyId: string) => void;
  now: () => number;
}

const everyScope = new Set(scopes);
/** Compared when a key is unknown, so that its answer takes as long as that of a wrong secret. */
const nobody = new Uint8Array(32);

/** Recognises who calls each endpoint, and refuses whoever may not. Routes outside the API are open. */
export class AuthenticationGuard implements CanActivate {
  readonly #rootKeyHash: Uint8Array;

  constructor(private readonly options: AuthenticationOptions) {
    this.#rootKeyHash = hashApiKeySecret(options.rootKey);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.getHandler());
    if (endpoint === undefined || endpoint.access === 'public') return true;
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const presented = presentedKey(request.headers) ?? keyOfConsole(request.headers);
    if (presented === null) throw unauthenticated();
    const authenticated =
      presented.kind === 'root'
        ? this.#root(presented.key, endpoint.access, request)
        : await this.#apiKey(presented.id, presented.secret, request, http.getResponse<FastifyReply>());
    request.otpost.authenticated = authenticated;
    permit(authenticated, endpoint.access);
    return true;
  }

  #root(key: Secret, access: Access, request: FastifyRequest): Authenticated {
    if (!timingSafeEqual(hashApiKeySecret(key), this.#rootKeyHash)) throw unauthenticated();
    if (access !== 'root')
      throw new AppError('forbidden', 'the root key is for workspaces and keys alone: use an API key here');
    return {
      caller: { actor: { kind: 'root', id: 'root' }, ip: request.ip, request_id: request.otpost.id },
      workspaceId: null,
      keyId: 'root',
      scopes: everyScope,
    };
  }

  async #apiKey(id: string, secret: Secret, request: FastifyRequest, reply: FastifyReply): Promise<Authenticated> {
    const key = await this.options.keys.find(id);
    const matches = apiKeySecretMatches(secret, key?.secretHash ?? nobody);
    if (key === null || !matches) throw unauthenticated();
    if (key.expiresAtMs !== null && key.expiresAtMs <= this.options.now()) {
      throw new AppError('key_expired', 'the API key has expired');
    }
    await this.#limit(key, reply);
    this.options.onUse(id);
    return {
      caller: { actor: actorOf(key), ip: request.ip, request_id: request.otpost.id },
      workspaceId: key.workspaceId,
      keyId: id,
      scopes: key.scopes,
    };
  }

  async #limit(key: KnownKey, reply: FastifyReply): Promise<void> {
    const limit = key.rateLimitPerSecond ?? this.options.defaultRateLimit;
    const taken = this.options.rateLimiter.take(`key:${key.countedAs}`, limit);
    // Nearly always answered from what was leased before: then no turn of the event loop is spent on it.
    const { allowed, remaining, retryAfterSeconds } = taken instanceof Promise ? await taken : taken;
    reply.header('ratelimit-limit', limit).header('ratelimit-remaining', remaining).header('ratelimit-reset', 1);
    if (!allowed) throw new AppError('rate_limited', `more than ${limit} requests in a second`, { retryAfterSeconds });
  }
}

/** Whoever signs in as a seat acts as that seat, whatever session it is. */
function actorOf({ id, seatId }: KnownKey): Actor {
  return seatId === null ? { kind: 'api_key', id } : { kind: 'seat', id: seatId };
}

function permit(authenticated: Authenticated, access: Access): void {
  if (access === 'root') {
    if (authenticated.workspaceId !== null) throw new AppError('forbidden', 'this needs the root key');
  } else if (access !== 'any-key' && access !== 'public') {
    const needed = typeof access === 'string' ? [access] : access;
    const missing = needed.find((scope) => !authenticated.scopes.has(scope));
    if (missing !== undefined) throw new AppError('forbidden', `the API key lacks the scope ${missing}`);
  }
}

function unauthenticated(): AppError {
  return new AppError('unauthenticated', 'no valid API key: send Authorization: Bearer <key>');
}
