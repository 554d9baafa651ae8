import { CommanderError } from 'commander';
import { OtpostError } from '@otpost/client';

/** What the process ends with; docs/cli.md tells the same. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  timedOut: 5,
  unavailable: 6,
} as const;

/** Something that its user can put right: one sentence, and what it ends with. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly kind: Exclude<keyof typeof exitCodes, 'ok'>,
    message: string,
    /** Below the sentence, line by line. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return exitCodes[error.kind];
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof OtpostError) return exitCodes[kindOf(error)];
  return exitCodes.unexpected;
}

/** Why there is no code, by the API's own word or that of the client. */
const noCode = [
  'no_second_factor',
  'factor_not_readable',
  'hotp_needs_post',
  'challenge_cancelled',
  'challenge_failed',
  'code_wiped',
];

function kindOf({ code, status, isTemporary }: OtpostError): keyof typeof exitCodes {
  if (code === 'timed_out') return 'timedOut';
  if (noCode.includes(code)) return 'notFound';
  if (status === 401 || status === 403) return 'refused';
  if (status === 404 && code !== 'unexpected_answer') return 'notFound';
  if (status === 400 || status === 422) return 'usage';
  return isTemporary ? 'unavailable' : 'unexpected';
}

/** One line for people, with the request's id; or the same as JSON. */
export function describeError(error: unknown, asJson: boolean): string {
  const message = error instanceof Error ? error.message.replace(/^error: /, '') : String(error);
  const { status, code, requestId, fields } =
    error instanceof OtpostError ? error : { status: 0, code: 'cli', requestId: null, fields: [] };
  if (asJson) {
    const details = error instanceof CliError && error.details.length > 0 ? { details: error.details } : {};
    return JSON.stringify({ error: { message, code, status, request_id: requestId, fields, ...details } });
  }
  const about = fields.map((field) => ` ${field.path} ${field.message}.`).join('');
  const request = requestId === null ? '' : ` (request ${requestId})`;
  const details = error instanceof CliError ? error.details.map((line) => `\n  ${line}`).join('') : '';
  return `otpost: ${message}${about === '' ? '' : `:${about}`}${request}${details}`;
}
