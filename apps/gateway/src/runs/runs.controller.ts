import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  answerChallenge,
  interruptSession,
  pageOf,
  readSession,
  secretJson,
  sessionId,
  type ChallengeStatus,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { answerOf, challengeAnswer } from '../challenges/challenge-answers.js';
import { PageUrls } from '../challenges/page-urls.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'Runs (CloudCruise)';
const bySession = z.strictObject({ session_id: sessionId });
const done = z.object({ session_id: z.string(), success: z.literal(true) });

const submit = defineEndpoint({
  method: 'POST',
  path: '/run/:session_id/user_interaction',
  access: 'challenges:write',
  tag,
  summary: "A human's answer to the oldest open challenge of a session",
  params: bySession,
  body: secretJson,
  status: 200,
  response: done,
});

const interrupt = defineEndpoint({
  method: 'POST',
  path: '/run/:session_id/interrupt',
  access: 'challenges:write',
  tag,
  summary: "Cancel a session's open challenges",
  params: bySession,
  status: 200,
  response: done,
});

/** In the words of CloudCruise's clients. */
const runStatus = z.enum(['interaction.waiting', 'interaction.finished', 'interaction.failed', 'execution.stopped']);
const nothingYet = z.array(z.never());

const read = defineEndpoint({
  method: 'GET',
  path: '/run/:session_id',
  access: 'challenges:write',
  tag,
  summary: "A session's challenges, without codes",
  params: bySession,
  response: z.object({
    session_id: z.string(),
    status: runStatus,
    workflow_id: z.string().nullable(),
    challenges: pageOf(challengeAnswer).shape.items,
    data: z.null(),
    errors: nothingYet,
    input_variables: z.object({}),
    video_urls: nothingYet,
    file_urls: nothingYet,
    screenshot_urls: nothingYet,
  }),
});

/** An agent's runs, as CloudCruise's clients know them. otpost sees their challenges. */
@Controller()
export class RunsController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(PageUrls) private readonly pages: PageUrls,
  ) {}

  @Handles(submit)
  async submit(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof submit>) {
    const request = { ...call.caller, to: params, answer: { properties: body }, idempotency: null };
    await this.rpc.call(answerChallenge, request, { signal: call.signal });
    return { ...params, success: true as const };
  }

  @Handles(interrupt)
  async interrupt(@CallOf() call: Call, @Input() { params }: InputOf<typeof interrupt>) {
    await this.rpc.call(interruptSession, { ...call.caller, ...params }, { signal: call.signal });
    return { ...params, success: true as const };
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    const session = await this.rpc.call(readSession, { ...call.caller, ...params }, { signal: call.signal });
    const empty = { data: null, errors: [], input_variables: {}, video_urls: [], file_urls: [], screenshot_urls: [] };
    return {
      ...empty,
      session_id: session.session_id,
      workflow_id: session.workflow_id,
      status: statusOf(session.challenges.map(({ status }) => status)),
      challenges: session.challenges.map((challenge) => answerOf(challenge, this.pages)),
    };
  }
}

const statusAfter = {
  pending: 'interaction.waiting',
  resolved: 'interaction.finished',
  expired: 'interaction.failed',
  failed: 'interaction.failed',
  cancelled: 'execution.stopped',
} as const;

/** Of the challenge that is open, else of the last one. @param statuses oldest first */
function statusOf(statuses: readonly ChallengeStatus[]): z.output<typeof runStatus> {
  return statusAfter[statuses.includes('pending') ? 'pending' : (statuses.at(-1) ?? 'pending')];
}
