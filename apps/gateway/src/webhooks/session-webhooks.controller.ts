import { Readable } from 'node:stream';
import { Controller, Headers, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { listSessionWebhooks, replaySession, sessionId } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { EventStreams } from './event-streams.js';

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

const stream = defineEndpoint({
  method: 'GET',
  path: '/run/clients/:client_id/events',
  access: 'challenges:write',
  tag,
  summary: 'Events of challenges that name this client or none, as they happen (server-sent events)',
  params: z.strictObject({ client_id: z.string().min(1).max(512) }),
  contentType: 'text/event-stream',
  response: z.instanceof(Readable).meta({
    description:
      '`event: run.event` with `data: {"data": {event, payload, timestamp, expires_at}, timestamp, expires_at}` and an `id` to go on from ' +
      'with `Last-Event-ID`; `event: ping` every 15 s.',
  }),
});

@Controller()
export class SessionWebhooksController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(EventStreams) private readonly streams: EventStreams,
  ) {}

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { params }: InputOf<typeof list>) {
    return this.rpc.call(listSessionWebhooks, { ...call.caller, ...params }, { signal: call.signal });
  }

  @Handles(replay)
  async replay(@CallOf() call: Call, @Input() { params }: InputOf<typeof replay>) {
    return this.rpc.call(replaySession, { ...call.caller, ...params }, { signal: call.signal });
  }

  @Handles(stream)
  async stream(
    @CallOf() call: Call,
    @Input() { params }: InputOf<typeof stream>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const opened = await this.streams.open({
      workspaceId: call.caller.workspace_id,
      clientId: params.client_id,
      keyId: call.keyId,
      after: positionOf(lastEventId),
      signal: call.signal,
    });
    // For proxies that would gather an answer before they pass it on.
    reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
    return opened;
  }
}

/** Null: from now on. So is what was never one of our ids. */
function positionOf(lastEventId: string | undefined): number | null {
  return lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
}
