import { z } from 'zod';
import { defineBroadcast } from '../broadcasts.js';
import { caller, idempotency, workspaceCaller } from '../caller.js';
import { pageOf, pageRequest } from '../pages.js';
import { defineQueue } from '../queues.js';
import { defineRpc, secretJson, secretText } from '../rpc.js';
import { challengeFactor } from './events.js';

/** A text that PostgreSQL can hold: no NUL, no half of a surrogate pair. */
const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\0\p{Cs}]*$/u, 'must not hold NUL characters or halves of surrogate pairs');
const jsonObject = z.record(z.string(), z.json());
const maxJsonBytes = 8_192;
const smallJsonObject = jsonObject.refine(
  (value) => Buffer.byteLength(JSON.stringify(value)) <= maxJsonBytes && !/\\u0000/.test(JSON.stringify(value)),
  'must be at most 8,192 bytes of JSON without NUL characters',
);

export const sessionId = text(512);
export const challengeStatus = z.enum(['pending', 'resolved', 'expired', 'cancelled', 'failed']);
export type ChallengeStatus = z.output<typeof challengeStatus>;

/** What an agent says when it asks for a code. The target is one of: `credential_id`, the pair, `otp_secret_id`. */
export const newChallenge = z.strictObject({
  credential_id: z.uuid().optional(),
  permissioned_user_id: text(512).optional(),
  domain: text(2_048).optional(),
  otp_secret_id: z.uuid().optional(),
  session_id: sessionId.optional(),
  workflow_id: text(512).nullish(),
  current_step: text(512).nullish(),
  /** Shown to the human who is asked. */
  message: text(2_000).nullish(),
  factors: z.array(challengeFactor).min(1).max(5).optional(),
  expires_in_seconds: z.int().min(10).max(3_600).default(300),
  /** No code that came in before. Default: 10 s before opening. */
  since: z.iso.datetime({ offset: true }).optional(),
  min_validity_seconds: z.int().min(0).max(300).optional(),
  exclusive: z.boolean().default(false),
  client_id: text(512).nullish(),
  metadata: smallJsonObject.nullish(),
  /** JSON Schema of a human's answer. */
  schema: smallJsonObject.optional(),
  seat_ids: z.array(z.uuid()).max(20).default([]),
});
export type NewChallenge = z.output<typeof newChallenge>;

/** A challenge without its code. */
export const challengeView = z.object({
  id: z.uuid(),
  session_id: z.string(),
  /** What it is about: a credential or a bare OTP secret. */
  credential_id: z.uuid().nullable(),
  otp_secret_id: z.uuid().nullable(),
  status: challengeStatus,
  /** The one that resolved it. */
  factor: challengeFactor.nullable(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  /** A human is asked, so there is a page. */
  has_page: z.boolean(),
});
export type ChallengeView = z.output<typeof challengeView>;

/** What became of a challenge and when, for whoever looks on: never its code, and looking uses nothing up. */
export const challengeTrace = challengeView.extend({
  workflow_id: z.string().nullable(),
  current_step: z.string().nullable(),
  message: z.string().nullable(),
  /** In the order in which they are tried. */
  factors: z.array(challengeFactor),
  /** Messages from then on count. */
  since: z.iso.datetime(),
  reason: z.string().nullable(),
  ended_at: z.iso.datetime().nullable(),
  first_delivered_at: z.iso.datetime().nullable(),
  acknowledged_at: z.iso.datetime().nullable(),
});
export type ChallengeTrace = z.output<typeof challengeTrace>;

/** What it was given, as it is delivered. */
export const challengeCode = z.object({
  code: secretText.optional(),
  link: secretText.optional(),
  /** A human's whole answer, where the challenge has a schema of its own. */
  answer: secretJson.optional(),
  /** Whole seconds, rounded up, for which a TOTP code is still right; 0 once it is not. */
  expires_in_seconds: z.int().min(0).optional(),
  received_at: z.iso.datetime().optional(),
});
export type ChallengeCode = z.output<typeof challengeCode>;

const delivered = challengeView.extend({ delivery: challengeCode.nullable() });
const byId = workspaceCaller.extend({ id: z.uuid() });

export const openChallenge = defineRpc({
  pattern: 'dispatcher.challenges.open',
  request: workspaceCaller.extend({ challenge: newChallenge, idempotency: idempotency.nullable() }),
  response: z.object({ challenge: delivered, status: z.int() }),
  // A second one would take a second step of a counter.
  delivery: 'at-most-once',
  deadlineMs: 15_000,
});

/** With its code, as long as that is delivered. */
export const getChallenge = defineRpc({
  pattern: 'dispatcher.challenges.get',
  request: byId,
  response: delivered,
});

export const listChallenges = defineRpc({
  pattern: 'dispatcher.challenges.list',
  request: workspaceCaller.extend({
    status: challengeStatus.nullable(),
    session_id: sessionId.nullable(),
    page: pageRequest,
  }),
  response: pageOf(challengeView),
});

export const traceChallenge = defineRpc({
  pattern: 'dispatcher.challenges.trace',
  request: byId,
  response: challengeTrace,
});

export const cancelChallenge = defineRpc({
  pattern: 'dispatcher.challenges.cancel',
  request: byId,
  response: challengeView,
});

/** The agent has used the code: it is wiped. */
export const acknowledgeChallenge = defineRpc({
  pattern: 'dispatcher.challenges.acknowledge',
  request: byId,
  response: challengeView,
});

/** A human's answer: to one challenge, or to the oldest open one of a session that asks a human. */
export const answerChallenge = defineRpc({
  pattern: 'dispatcher.challenges.answer',
  request: workspaceCaller.extend({
    to: z.union([z.object({ id: z.uuid() }), z.object({ session_id: sessionId })]),
    answer: z.union([z.object({ code: secretText }), z.object({ properties: secretJson })]),
    idempotency: idempotency.nullable(),
  }),
  response: challengeView,
});

/** Cancels what is open in a session. */
export const interruptSession = defineRpc({
  pattern: 'dispatcher.challenges.interrupt',
  request: workspaceCaller.extend({ session_id: sessionId }),
  response: z.object({ cancelled: z.int() }),
});

export const readSession = defineRpc({
  pattern: 'dispatcher.challenges.session',
  request: workspaceCaller.extend({ session_id: sessionId }),
  response: z.object({
    session_id: z.string(),
    workflow_id: z.string().nullable(),
    /** Oldest first, the newest 100. */
    challenges: z.array(challengeView),
  }),
});

/** What the hosted page shows. The page's name was checked before: it is the proof, so no workspace is named. */
export const readChallengePage = defineRpc({
  pattern: 'dispatcher.challenges.page',
  request: caller.extend({ id: z.uuid() }),
  response: z.object({
    workspace_id: z.uuid(),
    status: challengeStatus,
    message: z.string().nullable(),
    current_step: z.string().nullable(),
    schema: jsonObject,
    expires_at: z.iso.datetime(),
  }),
});

/** A challenge is not what it was: who waits for it looks again. */
export const challengeChanged = defineBroadcast('dispatcher.challenge-changed', z.object({ id: z.uuid() }));

const challengeJob = z.object({ workspace_id: z.uuid(), challenge_id: z.uuid() });

/** A challenge ends, when its time comes. */
export const challengeDeadlines = defineQueue({
  name: 'dispatcher.challenge-deadlines',
  owner: 'dispatcher',
  job: challengeJob,
  jobId: ({ challenge_id }) => challenge_id,
});

/** A window of an authenticator opens that a challenge has waited for. Each window is a job of its own. */
export const challengeWindows = defineQueue({
  name: 'dispatcher.challenge-windows',
  owner: 'dispatcher',
  job: challengeJob.extend({ opens_at_ms: z.int() }),
  jobId: ({ challenge_id, opens_at_ms }) => `${challenge_id}@${opens_at_ms}`,
});
