/** Every error a client can be told of. A code is stable: clients switch on it, the gateway's one table turns it into a status. */
export const errorCodes = [
  'malformed_json',
  'validation_failed',
  'payload_too_large',
  'unsupported_media_type',
  'unauthenticated',
  'key_expired',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'conflict',
  'already_exists',
  'no_second_factor',
  'factor_not_readable',
  'no_fresh_code',
  'hotp_needs_post',
  'idempotency_key_reused',
  'idempotency_in_flight',
  'rate_limited',
  'overloaded',
  'unavailable',
  'deadline_exceeded',
  'outcome_unknown',
  'cancelled',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** One thing wrong with one field of a request. `path` is in the client's own words: `user_name`, `settings.retention_hours`. */
export interface FieldError {
  path: string;
  message: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  /** Fields at fault, for `validation_failed`. */
  fields?: readonly FieldError[];
  /** Whole seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  /** What only the log may know. Never a secret, a code or a key. */
  internal?: string;
}

/**
 * The only error the domain throws. `message` is public: it reaches the client as it is and so never holds a secret,
 * a code, a key or anything the client did not send itself.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly internal: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.internal = options.internal;
  }
}

/** A `validation_failed` that names one field. */
export function fieldError(path: string, message: string): AppError {
  return new AppError('validation_failed', `${path}: ${message}`, { fields: [{ path, message }] });
}

/** What is the same for an id that does not exist and for one of another workspace: nobody learns which it was. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `${what} not found`);
}
