import { Controller, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  AppError,
  beginSeatSetup,
  confirmSeatSetup,
  getWorkspace,
  notFound,
  parseSetupToken,
  secretText,
  signSeatIn,
  type seatSession,
} from '@otpost/contracts';
import { type Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';
import { isFromConsole, setConsoleCookie } from '../authentication/console-cookie.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { drawQrCode } from './draw-qr-code.js';
import { SeatView, sessionView } from './seat-view.js';
import { SignInThrottle } from './sign-in-throttle.js';

const tag = 'Console';
const sessionSeconds = 12 * 3_600;

const newPassword = secretText
  .refine((password) => password.reveal().length >= 12, { error: 'must have at least 12 characters' })
  .refine((password) => password.reveal().length <= 200, { error: 'must have at most 200 characters' });
/** Of what is compared, and not kept: hashing takes as long as it is long. */
const password = secretText.refine((given) => given.reveal().length <= 1_000, { error: 'is too long' });
const code = secretText.refine((given) => given.reveal().length <= 20, { error: 'is too long' });

const signIn = defineEndpoint({
  method: 'POST',
  path: '/console/session/seat',
  access: 'public',
  tag,
  summary: 'Sign in to the console as a seat; the answer sets a cookie that may do what the seat may, for 12 hours',
  body: z.strictObject({ workspace_id: uuid(), email: z.string().min(1).max(254), password, code }),
  response: sessionView,
});

const begin = defineEndpoint({
  method: 'POST',
  path: '/console/seat-setup',
  access: 'public',
  tag,
  summary: 'Set the password of a seat with its link, and get an authenticator for it, which is shown once',
  body: z.strictObject({ token: secretText, password: newPassword }),
  status: 200,
  response: z.object({
    name: z.string(),
    secret: secretText,
    otpauth_uri: secretText,
    qr_code: z.array(z.string()).meta({ description: 'Of the URI: rows of squares, 1 is dark' }),
  }),
});

const confirm = defineEndpoint({
  method: 'POST',
  path: '/console/seat-setup/confirm',
  access: 'public',
  tag,
  summary: "End the set-up of a seat with its authenticator's first code, and sign in",
  body: z.strictObject({ token: secretText, code }),
  response: sessionView,
});

/** Seats sign in with a password and an authenticator of their own, which a link of an operator let them set up. */
@Controller()
export class SeatSessionController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(SignInThrottle) private readonly throttle: SignInThrottle,
    @Inject(SeatView) private readonly seats: SeatView,
  ) {}

  @Handles(signIn)
  async signIn(
    @Req() request: FastifyRequest,
    @Input() { body }: InputOf<typeof signIn>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const caller = { ...callerOf(request), workspace_id: body.workspace_id };
    const seat = { workspaceId: body.workspace_id, name: body.email };
    const { email: name, password: given, code: shown } = body;
    const session = await this.throttle.run(request.ip, seat, () =>
      this.rpc.call(signSeatIn, { ...caller, name, password: given, code: shown, ttl_seconds: sessionSeconds }),
    );
    return this.#begun(caller, session, reply);
  }

  @Handles(begin)
  async begin(@Req() request: FastifyRequest, @Input() { body }: InputOf<typeof begin>) {
    const caller = { ...callerOf(request), workspace_id: workspaceOf(body.token) };
    const made = await this.throttle.run(request.ip, null, () => this.rpc.call(beginSeatSetup, { ...caller, ...body }));
    return { ...made, qr_code: await drawQrCode(made.otpauth_uri.reveal()) };
  }

  @Handles(confirm)
  async confirm(
    @Req() request: FastifyRequest,
    @Input() { body }: InputOf<typeof confirm>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const caller = { ...callerOf(request), workspace_id: workspaceOf(body.token) };
    const session = await this.throttle.run(request.ip, null, () =>
      this.rpc.call(confirmSeatSetup, { ...caller, ...body, ttl_seconds: sessionSeconds }),
    );
    return this.#begun(caller, session, reply);
  }

  async #begun(
    caller: ReturnType<typeof callerOf> & { workspace_id: string },
    { seat_id, token, token_id, scopes }: z.output<typeof seatSession>,
    reply: FastifyReply,
  ) {
    const actor = { kind: 'seat' as const, id: seat_id };
    const workspace = await this.rpc.call(getWorkspace, { ...caller, actor, id: caller.workspace_id });
    const seat = await this.seats.of(caller.workspace_id, actor);
    setConsoleCookie(reply, token, sessionSeconds);
    return { workspace, key_id: token_id, scopes, seat };
  }
}

/** Nobody yet. */
function callerOf(request: FastifyRequest) {
  if (!isFromConsole(request.headers)) throw new AppError('forbidden', 'this is for the console alone');
  return { actor: { kind: 'system' as const, id: 'console' }, ip: request.ip, request_id: request.otpost.id };
}

function workspaceOf(token: Secret): string {
  const parsed = parseSetupToken(token);
  if (parsed === null) throw notFound('link');
  return parsed.workspaceId;
}
