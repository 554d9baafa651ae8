import { AppError } from '@otpost/contracts';

/**
 * The result of a search, or `otherwise` where it failed for the message's own sake: a message without a code is still a message. That
 * there was no thread for it is another matter: the sender comes back.
 *
 * @throws AppError `overloaded`, `unavailable`
 */
export async function unlessBusy<Result>(search: Promise<Result>, otherwise: Result): Promise<Result> {
  try {
    return await search;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'overloaded' || error.code === 'unavailable')) throw error;
    return otherwise;
  }
}
