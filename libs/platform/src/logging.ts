import { pino, type DestinationStream } from 'pino';
import type { LoggerService } from '@nestjs/common';
import { AppError, type ServiceName } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';

/** What a log line may hold: flat facts. A `Secret` prints as `[redacted]`; anything else does not compile. */
export type LogFields = Record<
  string,
  string | number | boolean | null | undefined | readonly string[] | Secret<unknown>
>;

/**
 * One wide, structured event per request, job or change of state, instead of sentences.
 * Errors are described by {@link describeError}, which fails closed.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields, error?: unknown): void;
  error(event: string, fields?: LogFields, error?: unknown): void;
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  service: ServiceName;
  replica: string;
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; standard output when absent. */
  destination?: DestinationStream;
}

/** Makes the logger of one service: one JSON object a line, times in ISO 8601. */
export function createLogger({ service, replica, level, destination }: LoggerOptions): Logger {
  const root = pino(
    {
      level,
      base: { service, replica },
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ fd: 1, sync: false }),
  );
  return wrap(root);
}

/**
 * An error as a log may tell it. The messages of our own errors and of the system's calls are known to be harmless; those of
 * libraries quote their input (a value in a query, a line of a mail), so of them only name, code and stack frames are kept.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, syscall, constraint, table } = error as Error & Record<string, unknown>;
  const harmless = error instanceof AppError || typeof syscall === 'string' || error.name === 'ConfigError';
  return {
    error: error.name,
    ...(typeof code === 'string' ? { error_code: code } : {}),
    ...(harmless ? { error_message: error.message } : {}),
    ...(error instanceof AppError && error.internal !== undefined ? { error_internal: error.internal } : {}),
    ...(typeof constraint === 'string' ? { error_constraint: constraint } : {}),
    ...(typeof table === 'string' ? { error_table: table } : {}),
    ...(error instanceof AppError && error.code !== 'internal' ? {} : { error_stack: stackFrames(error) }),
    ...(error.cause === undefined ? {} : { error_cause: JSON.stringify(describeError(error.cause)) }),
  };
}

/** Nest's own lines, through our logger. What Nest says of errors is dropped down to their kind. */
export function nestLogger(logger: Logger): LoggerService {
  const say =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.at(-1);
      logger[level]('nest', {
        context: typeof context === 'string' ? context : undefined,
        message: typeof message === 'string' ? message : message instanceof Error ? message.name : typeof message,
      });
    };
  return { log: say('debug'), error: say('error'), warn: say('warn'), debug: say('debug'), verbose: say('debug') };
}

function wrap(target: pino.Logger): Logger {
  return {
    debug: (event, fields) => target.debug(fields ?? {}, event),
    info: (event, fields) => target.info(fields ?? {}, event),
    warn: (event, fields, error) => target.warn(withError(fields, error), event),
    error: (event, fields, error) => target.error(withError(fields, error), event),
    child: (fields) => wrap(target.child(fields)),
  };
}

function withError(fields: LogFields | undefined, error: unknown): LogFields {
  return error === undefined ? (fields ?? {}) : { ...fields, ...describeError(error) };
}

function stackFrames(error: Error): readonly string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 12)
    .map((line) => line.trim());
}
