import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  apiKeySecretMatches,
  AppError,
  getWorkspace,
  mintAccessToken,
  parseApiKey,
  revokeAccessToken,
  secretText,
} from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';
import { KeyCache, type KnownKey } from '../authentication/api-keys.js';
import { clearConsoleCookie, isFromConsole, setConsoleCookie } from '../authentication/console-cookie.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { RateLimiter } from '../rate-limits/rate-limiter.js';
import { SeatView, sessionView } from './seat-view.js';

const tag = 'Console';
const path = '/console/session';
const sessionSeconds = 12 * 3_600;
/** A key cannot be guessed; this keeps whoever tries from being a burden. */
const signInsPerSecond = 5;

const signIn = defineEndpoint({
  method: 'POST',
  path,
  access: 'public',
  tag,
  summary:
    'Sign in to the console with an API key; the answer sets a cookie that may do what the key may, for 12 hours',
  body: z.strictObject({ api_key: secretText }),
  response: sessionView,
});

const whoAmI = defineEndpoint({
  method: 'GET',
  path,
  access: 'any-key',
  tag,
  summary: 'Who is signed in',
  response: sessionView,
});

const signOut = defineEndpoint({
  method: 'DELETE',
  path,
  access: 'any-key',
  tag,
  summary: 'Sign out: the session is worth nothing any more, wherever its cookie went',
  response: z.object({ success: z.literal(true) }),
});

/**
 * A session of the console is an access token in a cookie: made from the key, revoked with it, told apart from it in the audit. The key
 * itself is kept nowhere.
 */
@Controller()
export class SessionController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(KeyCache) private readonly keys: KeyCache,
    @Inject(RateLimiter) private readonly rateLimiter: RateLimiter,
    @Inject(SeatView) private readonly seats: SeatView,
  ) {}

  @Handles(signIn)
  async signIn(
    @Req() request: FastifyRequest,
    @Input() { body }: InputOf<typeof signIn>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (!isFromConsole(request.headers)) throw new AppError('forbidden', 'this is for the console alone');
    const { allowed } = await this.rateLimiter.take(`console-address:${request.ip}`, signInsPerSecond);
    if (!allowed) throw new AppError('rate_limited', 'too many tries to sign in', { retryAfterSeconds: 1 });
    const key = await this.#keyOf(body.api_key);
    const caller = {
      actor: { kind: 'api_key' as const, id: key.id },
      ip: request.ip,
      request_id: request.otpost.id,
      workspace_id: key.workspaceId,
    };
    const lifetimeSeconds = Math.min(sessionSeconds, secondsLeft(key));
    const minted = await this.rpc.call(mintAccessToken, { ...caller, parent_id: key.id, ttl_seconds: lifetimeSeconds });
    const workspace = await this.rpc.call(getWorkspace, { ...caller, id: key.workspaceId });
    setConsoleCookie(reply, minted.token, lifetimeSeconds);
    return { workspace, key_id: minted.token_id, scopes: [...key.scopes], seat: null };
  }

  @Handles(whoAmI)
  async whoAmI(@CallOf() { caller, keyId, scopes, signal }: Call, @Input() _input: InputOf<typeof whoAmI>) {
    const workspace = await this.rpc.call(getWorkspace, { ...caller, id: caller.workspace_id }, { signal });
    const seat = await this.seats.of(caller.workspace_id, caller.actor);
    return { workspace, key_id: keyId, scopes: [...scopes], seat };
  }

  @Handles(signOut)
  async signOut(
    @CallOf() { caller, keyId }: Call,
    @Input() _input: InputOf<typeof signOut>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.rpc.call(revokeAccessToken, { ...caller, id: keyId });
    this.keys.forget(keyId);
    clearConsoleCookie(reply);
    return { success: true as const };
  }

  async #keyOf(text: Secret): Promise<KnownKey> {
    const presented = parseApiKey(text.reveal().trim());
    const known = presented === null ? null : await this.keys.find(presented.id);
    if (
      presented === null ||
      known === null ||
      known.seatId !== null ||
      !apiKeySecretMatches(presented.secret, known.secretHash)
    ) {
      throw new AppError('unauthenticated', 'this is no API key of a workspace, or it was revoked');
    }
    if (secondsLeft(known) < shortestSeconds) throw new AppError('key_expired', 'the API key has expired');
    return known;
  }
}

/** The shortest life of an access token. */
const shortestSeconds = 60;

function secondsLeft({ expiresAtMs }: KnownKey): number {
  return expiresAtMs === null ? Infinity : Math.floor((expiresAtMs - Date.now()) / 1_000);
}
