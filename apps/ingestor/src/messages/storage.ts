import { AppError } from '@otpost/contracts';

/** Runs a question to the database. Whatever it fails of, the sender is asked to come back: it was not the message's fault. */
export async function fromStorage<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw storageError(error);
  }
}

export function storageError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('unavailable', 'Cannot be stored now, try again', { cause: error, retryAfterSeconds: 5 });
}
