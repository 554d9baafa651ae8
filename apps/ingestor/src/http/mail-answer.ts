import { AppError } from '@otpost/contracts';
import type { MailReceipt } from '../mail/mail-receiver.js';

/** What a hook for mail answers: how many inboxes have it now. Which ones is nobody's business. */
export interface MailAnswer {
  status: 'stored';
  messages: number;
  repeats: number;
}

export function mailAnswer({ stored }: MailReceipt): MailAnswer {
  return { status: 'stored', messages: stored.length, repeats: stored.filter(({ isRepeat }) => isRepeat).length };
}

/** Nobody here has that address: the provider gives up (4xx). */
export function noSuchRecipient(): AppError {
  return new AppError('not_found', 'No such recipient');
}
