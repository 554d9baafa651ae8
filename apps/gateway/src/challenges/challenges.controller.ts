import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  acknowledgeChallenge,
  answerChallenge,
  cancelChallenge,
  challengeStatus,
  getChallenge,
  listChallenges,
  newChallenge,
  openChallenge,
  pageOf,
  pageRequest,
  secretText,
  sessionId,
  traceChallenge,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { answerOf, challengeAnswer } from './challenge-answers.js';
import { ChallengeWaits } from './challenge-waits.js';
import { PageUrls } from './page-urls.js';

const tag = 'Challenges';
const byId = z.strictObject({ id: uuid() });

const open = defineEndpoint({
  method: 'POST',
  path: '/v1/challenges',
  access: ['challenges:write', 'codes:read'],
  tag,
  summary: 'Ask for one code, from any factor; an authenticator answers at once',
  body: newChallenge,
  response: challengeAnswer,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/challenges',
  access: 'challenges:write',
  tag,
  summary: 'List challenges, newest first, without codes',
  query: z.strictObject({
    ...pageRequest.shape,
    status: challengeStatus.optional(),
    session_id: sessionId.optional(),
  }),
  response: pageOf(challengeAnswer),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/challenges/:id',
  access: 'codes:read',
  tag,
  summary: 'Read a challenge with its code; with wait, as soon as it has one or has ended',
  params: byId,
  query: z.strictObject({
    /** Seconds. */
    wait: z.coerce.number().min(0).max(60).default(0),
  }),
  response: challengeAnswer,
});

const trace = defineEndpoint({
  method: 'GET',
  path: '/v1/challenges/:id/trace',
  access: 'challenges:write',
  tag,
  summary: 'What became of a challenge and when: never its code, and looking uses nothing up',
  params: byId,
  response: traceChallenge.response,
});

const acknowledge = defineEndpoint({
  method: 'POST',
  path: '/v1/challenges/:id/ack',
  access: 'challenges:write',
  tag,
  summary: 'The code was used: it is wiped',
  params: byId,
  status: 200,
  response: challengeAnswer,
});

const cancel = defineEndpoint({
  method: 'DELETE',
  path: '/v1/challenges/:id',
  access: 'challenges:write',
  tag,
  summary: 'Cancel a challenge that is pending',
  params: byId,
  response: challengeAnswer,
});

const answer = defineEndpoint({
  method: 'POST',
  path: '/v1/challenges/:id/code',
  access: 'challenges:write',
  tag,
  summary: "A human's answer",
  params: byId,
  body: z.strictObject({ code: secretText }),
  status: 200,
  response: challengeAnswer,
});

@Controller()
export class ChallengesController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(ChallengeWaits) private readonly waits: ChallengeWaits,
    @Inject(PageUrls) private readonly pages: PageUrls,
  ) {}

  @Handles(open)
  async open(@CallOf() call: Call, @Input() { body }: InputOf<typeof open>) {
    const request = { ...call.caller, challenge: body, idempotency: call.idempotency };
    const { challenge } = await this.rpc.call(openChallenge, request, { signal: call.signal });
    return answerOf(challenge, this.pages);
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query }: InputOf<typeof list>) {
    const { status, session_id, ...page } = query;
    const request = { ...call.caller, status: status ?? null, session_id: session_id ?? null, page };
    const { items, next_cursor } = await this.rpc.call(listChallenges, request, { signal: call.signal });
    return { items: items.map((item) => answerOf(item, this.pages)), next_cursor };
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params, query }: InputOf<typeof read>) {
    const { caller, signal } = call;
    const look = () => this.rpc.call(getChallenge, { ...caller, id: params.id }, { signal });
    if (query.wait === 0) return answerOf(await look(), this.pages);
    const challenge = await this.waits.settled(params.id, Date.now() + query.wait * 1_000, signal, look);
    return answerOf(challenge, this.pages);
  }

  @Handles(trace)
  async trace(@CallOf() call: Call, @Input() { params }: InputOf<typeof trace>) {
    return this.rpc.call(traceChallenge, { ...call.caller, id: params.id }, { signal: call.signal });
  }

  @Handles(acknowledge)
  async acknowledge(@CallOf() call: Call, @Input() { params }: InputOf<typeof acknowledge>) {
    const request = { ...call.caller, id: params.id };
    return answerOf(await this.rpc.call(acknowledgeChallenge, request, { signal: call.signal }), this.pages);
  }

  @Handles(cancel)
  async cancel(@CallOf() call: Call, @Input() { params }: InputOf<typeof cancel>) {
    const request = { ...call.caller, id: params.id };
    return answerOf(await this.rpc.call(cancelChallenge, request, { signal: call.signal }), this.pages);
  }

  @Handles(answer)
  async answer(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof answer>) {
    const request = { ...call.caller, to: { id: params.id }, answer: body, idempotency: call.idempotency };
    return answerOf(await this.rpc.call(answerChallenge, request, { signal: call.signal }), this.pages);
  }
}
