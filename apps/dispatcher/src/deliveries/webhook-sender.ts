import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, request } from 'undici';
import type { SignedWebhook } from '@otpost/webhook-signing';
import type { DestinationGuard } from './destination-guard.js';
import { readResponseStart } from './response-start.js';
import { parseRetryAfter } from './retry-schedule.js';

/** What came of one request. */
export interface Answer {
  /** A 2xx within the time. */
  success: boolean;
  /** HTTP status; null: none came. */
  status: number | null;
  /** Null on success. */
  error: SendError | null;
  /** At most 1,024 bytes of the answer's body; null: there was no answer. */
  response: string | null;
  /** What `Retry-After` asks for; null: nothing. */
  retryAfterMs: number | null;
}

/** What can go wrong, in words that stay. Never what a library or the other side said. */
export type SendError =
  | 'http_status'
  | 'redirect'
  | 'timeout'
  | 'connection_refused'
  | 'connection_closed'
  | 'unreachable'
  | 'name_not_resolved'
  | 'destination_refused'
  | 'tls'
  | 'invalid_response'
  | 'failed';

const timeoutMs = 15_000;
const idleConnectionMs = 30_000;

export interface WebhookSenderOptions {
  guard: DestinationGuard;
  /** For the whole of one request. */
  timeoutMs?: number;
  now?: () => number;
}

/**
 * Posts webhooks over pooled connections: one pool per origin, as many connections as there are requests, which the drains bound. No
 * redirect is followed, and no proxy of the environment is used: both would lead where the guard has not looked.
 */
export class WebhookSender implements OnApplicationShutdown {
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #now: () => number;

  constructor(options: WebhookSenderOptions) {
    this.#timeoutMs = options.timeoutMs ?? timeoutMs;
    this.#now = options.now ?? Date.now;
    this.#agent = new Agent({
      connect: options.guard.connector(),
      pipelining: 1,
      keepAliveTimeout: idleConnectionMs,
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
      maxResponseSize: -1,
    });
  }

  /** Never rejects: what goes wrong is an answer too. */
  async send(url: string, { body, headers }: SignedWebhook): Promise<Answer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const answer = await request(url, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { 'content-type': 'application/json', 'user-agent': 'otpost-webhooks/1', ...headers },
        body,
        signal,
      });
      const status = answer.statusCode;
      const success = status >= 200 && status < 300;
      return {
        success,
        status,
        error: success ? null : status >= 300 && status < 400 ? 'redirect' : 'http_status',
        response: await readResponseStart(answer.body),
        retryAfterMs: parseRetryAfter(answer.headers['retry-after'], this.#now()),
      };
    } catch (error) {
      return { success: false, status: null, error: sendErrorOf(error), response: null, retryAfterMs: null };
    }
  }

  /** Breaks off what is under way. */
  async onApplicationShutdown(): Promise<void> {
    await this.#agent.destroy();
  }
}

const knownErrors: Record<string, SendError> = {
  destination_refused: 'destination_refused',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_closed',
  EPIPE: 'connection_closed',
  UND_ERR_SOCKET: 'connection_closed',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ENOTFOUND: 'name_not_resolved',
  ENODATA: 'name_not_resolved',
  EAI_AGAIN: 'name_not_resolved',
  ETIMEOUT: 'name_not_resolved',
  ESERVFAIL: 'name_not_resolved',
  UND_ERR_HEADERS_OVERFLOW: 'invalid_response',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'invalid_response',
};
/** How OpenSSL and Node name what is wrong with a certificate or a handshake. */
const tlsError = /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

function sendErrorOf(error: unknown): SendError {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  if (name === 'TimeoutError') return 'timeout';
  if (name === 'HTTPParserError') return 'invalid_response';
  if (typeof code !== 'string') return 'failed';
  if (tlsError.test(code)) return 'tls';
  return knownErrors[code] ?? 'failed';
}
