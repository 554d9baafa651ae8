export interface FieldProblem {
  path: string;
  message: string;
}

/** The parts of problem details (RFC 9457) that are read. */
interface Problem {
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldProblem[];
}

/** The one error of this library, whatever went wrong. Holds nothing of a key, a secret or a code. */
export class OtpostError extends Error {
  override readonly name = 'OtpostError';
  /** Of the HTTP answer; 0 where there was none. */
  readonly status: number;
  /**
   * Stable: the API's own, or one of this library's: `malformed_key`, `unreachable` (no answer came), `unexpected_answer` (not otpost's), `timed_out` (no
   * code within the time), `challenge_cancelled`, `challenge_failed`, `code_wiped` (it came, and was gone when it was read).
   */
  readonly code: string;
  /** By which the logs of every service name the request; null where there was no answer. */
  readonly requestId: string | null;
  /** What is wrong with which field of the request; empty where that is not the matter. */
  readonly fields: readonly FieldProblem[];
  /** When to ask again, where the API says so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    message: string,
    {
      status = 0,
      code,
      requestId = null,
      fields = [],
      retryAfterSeconds = null,
      cause,
    }: {
      status?: number;
      code: string;
      requestId?: string | null;
      fields?: readonly FieldProblem[];
      retryAfterSeconds?: number | null;
      cause?: unknown;
    },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.fields = fields;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may well succeed in a moment. */
  get isTemporary(): boolean {
    return this.code === 'unreachable' || [429, 502, 503, 504].includes(this.status);
  }

  /** @param body parsed, or text of something that is no JSON */
  static ofAnswer({ status, headers }: Response, body: unknown): OtpostError {
    const problem: Problem = typeof body === 'object' && body !== null ? body : {};
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
    return new OtpostError(problem.detail ?? `the answer was ${status}`, {
      status,
      code: problem.code ?? 'unexpected_answer',
      requestId: problem.request_id ?? null,
      fields: problem.errors ?? [],
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
    });
  }

  /** What `fetch` throws names neither the address nor, at the top, the reason. */
  static ofFailure(url: string, error: unknown): OtpostError {
    const { cause = error } = error as { cause?: unknown };
    const { code, message } = cause as { code?: unknown; message?: unknown };
    const why = typeof code === 'string' ? code : typeof message === 'string' ? message : 'no reason given';
    return new OtpostError(`no answer from ${url} (${why})`, { code: 'unreachable', cause: error });
  }
}
