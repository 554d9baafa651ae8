import { setTimeout as sleep } from 'node:timers/promises';
import { EnvelopeError } from '../errors.js';

/** How long a KMS may take. The whole stays under the ten seconds that a request to the vault has. */
export interface CallLimits {
  attempts: number;
  /** Of one attempt. */
  timeoutMs: number;
}

export const defaultLimits: CallLimits = { attempts: 3, timeoutMs: 1_500 };

export interface JsonCall {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface JsonAnswer {
  status: number;
  /** Undefined where it was not JSON. */
  body: unknown;
}

/**
 * Makes a call again while it fails with `key_provider_unavailable`: two more times, after a tenth of a second and three,
 * more or less. Wrapping and unwrapping change nothing at a KMS, so a repeat does no harm. A call that does not heed the signal (a library
 * that looks for credentials) is not waited for either.
 *
 * @param provider what to call it in errors
 */
export async function withRetries<T>(
  provider: string,
  limits: CallLimits,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withinTime(provider, limits.timeoutMs, call);
    } catch (error) {
      const mayPass = error instanceof EnvelopeError && error.code === 'key_provider_unavailable';
      if (!mayPass || attempt >= limits.attempts) throw error;
      await sleep(100 * (attempt * attempt - attempt + 1) * (0.5 + Math.random()));
    }
  }
}

async function withinTime<T>(
  provider: string,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const overdue = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      overdue.abort();
      reject(unavailable(provider, 'no answer in time'));
    }, timeoutMs);
  });
  try {
    return await Promise.race([call(overdue.signal), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One HTTP call with JSON both ways. Redirects are not followed: the token would go with them.
 *
 * @param provider what to call it in errors
 * @returns the answer, also when it is a refusal
 * @throws EnvelopeError `key_provider_unavailable`: no answer in time, 3xx, 429 or 5xx
 */
export async function callJson(
  provider: string,
  { method, url, headers, body }: JsonCall,
  signal: AbortSignal,
): Promise<JsonAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      signal,
      redirect: 'manual',
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    throw unavailable(provider, reasonOf(error));
  }
  const { status } = response;
  if (status >= 300 && status < 400)
    throw unavailable(provider, `it answers ${status}, a redirect: name the server itself`);
  if (status === 429 || status >= 500) throw unavailable(provider, `it answers ${status}`);
  return { status, body: parsed(text) };
}

/** What a KMS that is away, or in trouble of its own, is told as. Tried again. */
export function unavailable(provider: string, reason: string): EnvelopeError {
  return new EnvelopeError('key_provider_unavailable', `${provider} is not available: ${reason}`);
}

/** Why there was no answer, without the words of a library: those may quote the request. */
export function reasonOf(error: unknown): string {
  const { name, code, cause } = (error ?? {}) as { name?: unknown; code?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  const reason = code ?? cause?.code;
  return typeof reason === 'string' && /^[A-Z0-9_]{1,40}$/.test(reason) ? reason : 'no answer';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
