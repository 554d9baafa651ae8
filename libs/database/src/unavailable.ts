import { AppError } from '@otpost/contracts';

/** Of Node, of PostgreSQL (class 08, shutting down, starting up, too many connections) and of Prisma: nobody is there to answer. */
const awayCodes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|08\w{3}|57P0[1-3]|53300|P1001|P1002|P1008|P1017|P2024|P2028)$/;
const awayMessages =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/;

/**
 * Waits for work of the database. That PostgreSQL is away becomes `unavailable`, which a client may try again; every other error stays as it is.
 * @throws AppError `unavailable`
 */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new AppError('unavailable', 'Temporarily unavailable, try again', { cause: error, retryAfterSeconds: 1 });
  }
}

function isAway(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, message, cause, meta } = error as Record<string, unknown>;
  if (typeof code === 'string' && awayCodes.test(code)) return true;
  // What PostgreSQL said, where Prisma knows no word for it (P2010, P2039).
  if (typeof originalCode === 'string' && awayCodes.test(originalCode)) return true;
  if (typeof message === 'string' && awayMessages.test(message)) return true;
  return isAway(cause) || isAway((meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError);
}
