import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  inviteSeat,
  listSeatSignIns,
  pageOf,
  pageRequest,
  removeSeatSignIn,
  scope,
  seatSignInView,
  secretText,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Secret } from '@otpost/envelope';
import { RpcClient } from '@otpost/messaging';
import { KeyCache } from '../authentication/api-keys.js';
import { PageUrls } from '../challenges/page-urls.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { findSeat } from './seat-rows.js';

const tag = 'Seats';
const access = 'admin';
const bySeat = z.strictObject({ id: z.string().min(1).max(255) });
const defaultTtlSeconds = 86_400;

const invite = defineEndpoint({
  method: 'POST',
  path: '/v1/seats/:id/sign-in',
  access,
  tag,
  summary:
    'Make a link with which the seat sets its password and authenticator up, once; with an API key, for no more scopes than its own',
  params: bySeat,
  body: z.strictObject({
    scopes: z.array(scope).min(1).max(20).meta({ description: 'What the seat may do in the console' }),
    expires_in_seconds: z
      .int()
      .min(600)
      .max(604_800)
      .optional()
      .meta({ description: 'How long the link may be used. Default: a day.' }),
  }),
  response: seatSignInView.extend({
    setup_url: secretText.nullable().meta({ description: 'Shown once, here: whoever opens it becomes the seat' }),
    sign_in_url: z.string().meta({ description: 'Where seats of the workspace sign in, from then on' }),
  }),
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/seat-sign-ins',
  access,
  tag,
  summary: 'List the seats that sign in to the console, or are invited to',
  query: z.strictObject(pageRequest.shape),
  response: pageOf(seatSignInView),
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/seats/:id/sign-in',
  access,
  tag,
  summary: 'Let the seat sign in no more; its sessions end at once',
  params: bySeat,
  response: z.object({ success: z.literal(true) }),
});

/** How the humans of a workspace come to sign in to its console. */
@Controller()
export class SeatSignInsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(KeyCache) private readonly keys: KeyCache,
    @Inject(PageUrls) private readonly urls: PageUrls,
  ) {}

  @Handles(invite)
  async invite(@CallOf() { caller, idempotency, signal }: Call, @Input() { params, body }: InputOf<typeof invite>) {
    const { id, email } = await this.#seat(caller.workspace_id, params.id);
    const { sign_in, token } = await this.rpc.call(
      inviteSeat,
      {
        ...caller,
        seat_id: id,
        name: email,
        scopes: body.scopes,
        ttl_seconds: body.expires_in_seconds ?? defaultTtlSeconds,
        idempotency,
      },
      { signal },
    );
    this.keys.forgetAll();
    return {
      ...sign_in,
      // Behind the #, so that it is sent to nobody: not to us when the page is asked for, and not to where its links lead.
      setup_url: token === null ? null : new Secret(this.urls.ofConsole(`/set-up#${token.reveal()}`)),
      sign_in_url: this.urls.ofConsole(`/sign-in/${caller.workspace_id}`),
    };
  }

  @Handles(list)
  async list(@CallOf() { caller, signal }: Call, @Input() { query }: InputOf<typeof list>) {
    return this.rpc.call(listSeatSignIns, { ...caller, page: query }, { signal });
  }

  @Handles(remove)
  async remove(@CallOf() { caller }: Call, @Input() { params }: InputOf<typeof remove>) {
    const { id } = await this.#seat(caller.workspace_id, params.id);
    await this.rpc.call(removeSeatSignIn, { ...caller, seat_id: id });
    this.keys.forgetAll();
    return { success: true as const };
  }

  #seat(workspaceId: string, name: string) {
    return this.database.withWorkspace(workspaceId, (tx) => findSeat(tx, name));
  }
}
