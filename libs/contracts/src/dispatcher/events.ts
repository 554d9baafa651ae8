import { z } from 'zod';
import { defineBroadcast } from '../broadcasts.js';
import { workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineQueue } from '../queues.js';
import { defineRpc } from '../rpc.js';

// What is told to applications. Payloads are strict: a field that is not named here does not get into an event, so none of them
// can ever hold a code or a human's `provided_input`.

export const challengeFactor = z.enum(['authenticator', 'email', 'sms', 'magic_link', 'user']);

const interaction = {
  session_id: z.string(),
  workflow_id: z.string().nullable(),
  current_step: z.string().nullable(),
  missing_properties: z.array(z.string()),
  /** JSON Schema of the answer that is, or was, asked for. */
  expected_json_schema_datamodel: z.record(z.string(), z.json()),
  message: z.string().nullable(),
  challenge_id: z.uuid(),
};

/** A human is asked for something. `page_url` is not stored: it is made where the event is sent. */
export const interactionWaiting = z.strictObject(interaction);
export const interactionFinished = z.strictObject(interaction);
export const interactionFailed = z.strictObject({
  ...interaction,
  reason: z.enum(['expired', 'cancelled', 'invalid']),
});

/** A code or link of a message was deposited. */
export const codeReceived = z.strictObject({
  credential_id: z.uuid(),
  received_code_id: z.uuid(),
  channel: z.enum(['email', 'sms']),
  kind: z.enum(['code', 'link']),
  received_at: z.iso.datetime(),
});

export const challengeResolved = z.strictObject({
  challenge_id: z.uuid(),
  session_id: z.string(),
  workflow_id: z.string().nullable(),
  credential_id: z.uuid().nullable(),
  otp_secret_id: z.uuid().nullable(),
  factor: challengeFactor,
});

export const disabledReason = z.enum(['gone', 'failing', 'requested']);

export const endpointDisabled = z.strictObject({
  endpoint_id: z.uuid(),
  /** It answered 410; every attempt of five days failed; somebody asked for it. */
  reason: disabledReason,
  failing_since: z.iso.datetime().nullable(),
});

/** What an endpoint can subscribe to. */
export const eventTypes = [
  'interaction.waiting',
  'interaction.finished',
  'interaction.failed',
  'code.received',
  'challenge.resolved',
  'endpoint.disabled',
] as const;
export const eventType = z.enum(eventTypes);
export type EventType = z.output<typeof eventType>;

/** An event before it has an id: what `appendEvent` of libs/database takes. */
export const newEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('interaction.waiting'), payload: interactionWaiting }),
  z.strictObject({ type: z.literal('interaction.finished'), payload: interactionFinished }),
  z.strictObject({ type: z.literal('interaction.failed'), payload: interactionFailed }),
  z.strictObject({ type: z.literal('code.received'), payload: codeReceived }),
  z.strictObject({ type: z.literal('challenge.resolved'), payload: challengeResolved }),
  z.strictObject({ type: z.literal('endpoint.disabled'), payload: endpointDisabled }),
]);
export type NewEvent = z.output<typeof newEvent>;

const jsonObject = z.record(z.string(), z.json());

/** An event as it is listed and sent. */
export const eventView = z.object({
  id: z.uuid(),
  /** One of the types above, or `endpoint.test`. */
  event: z.string(),
  session_id: z.string().nullable(),
  client_id: z.string().nullable(),
  challenge_id: z.uuid().nullable(),
  payload: jsonObject,
  metadata: jsonObject.nullable(),
  created_at: z.iso.datetime(),
});
export type EventView = z.output<typeof eventView>;

export const listEvents = defineRpc({
  pattern: 'dispatcher.events.list',
  request: workspaceCaller.extend({
    type: z.string().max(64).nullable(),
    session_id: z.string().max(512).nullable(),
    page: pageRequest,
  }),
  response: pageOf(eventView),
});

export const getEvent = defineRpc({
  pattern: 'dispatcher.events.get',
  request: workspaceCaller.extend({ id: z.uuid() }),
  response: eventView,
});

/** Place in a workspace's stream: 1 for its first event. What `Last-Event-ID` holds. */
export const streamPosition = z.int().min(0);

/**
 * The workspace's stream behind a position. `client_id` leaves only the events that name it or no client; null leaves all. With
 * `after: null` nothing is read: `position` is then the stream's end, from which on to listen.
 */
export const readEventStream = defineRpc({
  pattern: 'dispatcher.events.read-stream',
  request: z.object({
    workspace_id: z.uuid(),
    after: streamPosition.nullable(),
    client_id: z.string().max(512).nullable(),
    limit: z.int().min(1).max(500),
  }),
  response: z.object({
    items: z.array(eventView.extend({ position: streamPosition })),
    /** Where to go on: behind it there is more if `is_complete` is false. */
    position: streamPosition,
    is_complete: z.boolean(),
  }),
});

/** Word that a workspace's stream has grown. Streams read on; what they are told is in the rows. */
export const eventStreamGrew = defineBroadcast(
  'dispatcher.event-stream-grew',
  z.object({ workspace_id: z.uuid(), position: streamPosition }),
);

/** Events of a workspace wait for their deliveries to be made. One job makes all of them, so one per workspace is enough. */
export const fanOutEvents = defineQueue({
  name: 'dispatcher.fan-out-events',
  owner: 'dispatcher',
  job: z.object({ workspace_id: z.uuid() }),
  jobId: ({ workspace_id }) => workspace_id,
});
