import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { listSessionWebhooks, replaySession, sessionId } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const tag = 'Runs (CloudCruise)';
const bySession = z.strictObject({ session_id: sessionId });

const list = defineEndpoint({
  method: 'GET',
  path: '/webhooks/:session_id',
  access: 'webhooks:write',
  tag,
  summary: "A session's webhooks and what came of each",
  params: bySession,
  response: listSessionWebhooks.response,
});

const replay = defineEndpoint({
  method: 'POST',
  path: '/webhooks/:session_id/replay',
  access: 'webhooks:write',
  tag,
  summary: "Send all of a session's events again, signed anew, now",
  params: bySession,
  status: 200,
  response: replaySession.response,
});

@Controller()
export class SessionWebhooksController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { params }: InputOf<typeof list>) {
    return this.rpc.call(listSessionWebhooks, { ...call.caller, ...params }, { signal: call.signal });
  }

  @Handles(replay)
  async replay(@CallOf() call: Call, @Input() { params }: InputOf<typeof replay>) {
    return this.rpc.call(replaySession, { ...call.caller, ...params }, { signal: call.signal });
  }
}
