import { AppError, type ErrorCode } from '@otpost/contracts';

/** A reply other than 250: smtp-server sends its code, with the enhanced one that goes with it, and its text. */
export class SmtpReply extends Error {
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
    this.name = 'SmtpReply';
  }
}

/** 5xx: the sender's mail server gives up and tells its user. Everything else it tries again. */
const permanent: Partial<Record<ErrorCode, number>> = {
  not_found: 550,
  payload_too_large: 552,
  validation_failed: 554,
};

export function smtpReply(error: unknown): SmtpReply {
  if (!(error instanceof AppError)) return new SmtpReply(451, 'Something went wrong on our side, try again');
  return new SmtpReply(permanent[error.code] ?? 451, error.code === 'internal' ? 'Try again later' : error.message);
}
