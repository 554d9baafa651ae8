import type { OtpostClient } from './client.js';
import type { paths } from './generated/openapi.js';
import { OtpostError } from './otpost-error.js';
import { pause, pauseMsAfter } from './retry.js';

type Open = paths['/v1/challenges']['post'];
type OpenRequest = Open['requestBody']['content']['application/json'];

/** A challenge as the API shows it. */
export type Challenge = Open['responses'][201]['content']['application/json'];

/** Whose code: a login by its user and domain, or by the id of its vault entry; or an authenticator secret on its own. */
export type Login =
  { permissioned_user_id: string; domain: string } | { credential_id: string } | { otp_secret_id: string };

/** What `POST /v1/challenges` takes, but for its life, which `timeoutSeconds` says. */
export type NewChallenge = Login &
  Omit<OpenRequest, 'permissioned_user_id' | 'domain' | 'credential_id' | 'otp_secret_id' | 'expires_in_seconds'>;

export interface WaitOptions {
  /** How long to wait at most. Default: 300. */
  timeoutSeconds?: number;
  /** Gives up: the challenge is cancelled, and the reason thrown. */
  signal?: AbortSignal;
  /** Told once if there is no code at once: `page_url` is where a human can answer. */
  onPending?: (challenge: Challenge) => void;
}

export interface ReceivedCode {
  challengeId: string;
  factor: Challenge['factor'];
  /** Null for a magic link, and for a human's answer of several fields. */
  code: string | null;
  /** Of a magic link, else null. */
  link: string | null;
  /** A human's whole answer where the challenge has a `schema`, else null. */
  answer: Record<string, unknown> | null;
  /** Of an authenticator: for how long the code is good. */
  expiresInSeconds: number | null;
  /** Says that the code was used, so that it is wiped. Without it that happens 60 s after it was given out. */
  ack: () => Promise<void>;
}

const defaultTimeoutSeconds = 300;
/** What a challenge may live, as the API has it. */
const shortestLifeSeconds = 10;
const longestLifeSeconds = 3_600;
/** Short of the minute at which proxies are wont to cut idle requests. */
const longestPollSeconds = 50;
const openAttempts = 3;
const cancelTimeoutMs = 2_000;

/** @see OtpostClient.waitForCode */
export async function waitForCode(
  client: OtpostClient,
  request: NewChallenge,
  { timeoutSeconds = defaultTimeoutSeconds, signal, onPending }: WaitOptions = {},
): Promise<ReceivedCode> {
  const deadlineMs = Date.now() + timeoutSeconds * 1_000;
  const lifeSeconds = Math.min(Math.max(Math.ceil(timeoutSeconds), shortestLifeSeconds), longestLifeSeconds);
  const opened = await open(client, { ...request, expires_in_seconds: lifeSeconds }, signal);
  try {
    if (opened.status === 'pending') onPending?.(opened);
    return received(client, await poll(client, opened, deadlineMs, signal));
  } catch (error) {
    if (opened.status === 'pending' && !hasEnded(error)) await cancel(client, opened.id);
    throw error;
  }
}

/** Tried a few times under one idempotency key, so that a lost answer opens no second challenge. */
async function open(client: OtpostClient, body: OpenRequest, signal: AbortSignal | undefined): Promise<Challenge> {
  const params = { header: { 'Idempotency-Key': crypto.randomUUID() } };
  for (let failures = 1; ; failures += 1) {
    try {
      return await client.post('/v1/challenges', { params, body: body as never, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (!(error instanceof OtpostError) || !error.isTemporary || failures === openAttempts) throw error;
      await pause(pauseMsAfter(failures, error), signal);
    }
  }
}

/** Asks again as long as there is time, whatever becomes of connections. */
async function poll(
  client: OtpostClient,
  opened: Challenge,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Challenge> {
  let challenge = opened;
  for (let failures = 0; challenge.status === 'pending';) {
    const leftSeconds = (deadlineMs - Date.now()) / 1_000;
    if (leftSeconds <= 0) throw timedOut();
    const query = { wait: Math.min(leftSeconds, longestPollSeconds) };
    const params = { path: { id: challenge.id }, query };
    try {
      challenge = await client.get('/v1/challenges/{id}', { params, ...(signal ? { signal } : {}) });
      failures = 0;
    } catch (error) {
      if (!(error instanceof OtpostError) || !error.isTemporary) throw error;
      failures += 1;
      await pause(Math.min(pauseMsAfter(failures, error), Math.max(deadlineMs - Date.now(), 0)), signal);
    }
  }
  return challenge;
}

function received(client: OtpostClient, challenge: Challenge): ReceivedCode {
  const { id, status, factor, code = null, link = null, expires_in_seconds = null } = challenge;
  if (status === 'expired') throw timedOut();
  if (status !== 'resolved') throw new OtpostError(`the challenge was ${status}`, { code: `challenge_${status}` });
  const answer = (challenge.answer ?? null) as ReceivedCode['answer'];
  if (code === null && link === null && answer === null) {
    throw new OtpostError('the code came, and was wiped before it could be read', { code: 'code_wiped' });
  }
  const ack = () => client.ack(id);
  return { challengeId: id, factor, code, link, answer, expiresInSeconds: expires_in_seconds, ack };
}

/** Whether the challenge is over by itself. */
function hasEnded(error: unknown): boolean {
  return error instanceof OtpostError && (error.code.startsWith('challenge_') || error.code === 'code_wiped');
}

/** As far as that can be done: whoever gives up is not kept waiting, and a challenge ends by itself too. */
async function cancel(client: OtpostClient, id: string): Promise<void> {
  const signal = AbortSignal.timeout(cancelTimeoutMs);
  await client.delete('/v1/challenges/{id}', { params: { path: { id } }, signal }).catch(() => undefined);
}

function timedOut(): OtpostError {
  return new OtpostError('no code came within the time', { code: 'timed_out' });
}
