import { Readable } from 'node:stream';
import { Controller, Headers, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { listedEvents, runEvents } from './event-stream.js';
import { EventStreams, type StreamRequest } from './event-streams.js';

const ofClient = defineEndpoint({
  method: 'GET',
  path: '/run/clients/:client_id/events',
  access: 'challenges:write',
  tag: 'Runs (CloudCruise)',
  summary: 'Events of challenges that name this client or none, as they happen (server-sent events)',
  params: z.strictObject({ client_id: z.string().min(1).max(512) }),
  contentType: 'text/event-stream',
  response: z.instanceof(Readable).meta({
    description:
      '`event: run.event` with `data: {"data": {event, payload, timestamp, expires_at}, timestamp, expires_at}` and an `id` to go on from ' +
      'with `Last-Event-ID`; `event: ping` every 15 s.',
  }),
});

const ofWorkspace = defineEndpoint({
  method: 'GET',
  path: '/v1/events/stream',
  access: 'webhooks:write',
  tag: 'Events and deliveries',
  summary: 'All events as they happen (server-sent events)',
  contentType: 'text/event-stream',
  response: z.instanceof(Readable).meta({
    description:
      'Messages with the event as `GET /v1/events` lists it as `data`, and an `id` to go on from with `Last-Event-ID`; `event: ping` at ' +
      'once and every 15 s, with the `id` so far.',
  }),
});

@Controller()
export class EventStreamsController {
  constructor(@Inject(EventStreams) private readonly streams: EventStreams) {}

  @Handles(ofClient)
  async ofClient(
    @CallOf() call: Call,
    @Input() { params }: InputOf<typeof ofClient>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#open({ clientId: params.client_id, format: runEvents }, call, lastEventId, reply);
  }

  @Handles(ofWorkspace)
  async ofWorkspace(
    @CallOf() call: Call,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.#open({ clientId: null, format: listedEvents }, call, lastEventId, reply);
  }

  async #open(
    request: Pick<StreamRequest, 'clientId' | 'format'>,
    { caller, keyId, signal }: Call,
    lastEventId: string | undefined,
    reply: FastifyReply,
  ): Promise<Readable> {
    const after = positionOf(lastEventId);
    const opened = await this.streams.open({ ...request, workspaceId: caller.workspace_id, keyId, after, signal });
    // For proxies that would gather an answer before they pass it on.
    reply.header('content-type', 'text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
    return opened;
  }
}

/** Null: from now on. So is what was never one of our ids. */
function positionOf(lastEventId: string | undefined): number | null {
  return lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : null;
}
