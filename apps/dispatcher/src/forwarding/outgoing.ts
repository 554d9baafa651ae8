export type Via = 'email' | 'sms';

/** How an address is reached. */
export function viaOf(destination: string): Via {
  return destination.includes('@') ? 'email' : 'sms';
}

/** What is written to a person. */
export interface Writing {
  /** Of an e-mail. */
  subject?: string;
  text: string;
}

export interface Outgoing {
  /** The same for every attempt, so that a receiver can tell a repeat. */
  id: string;
  to: string;
  writing: Writing;
  /** A copy of somebody else's message, or words of our own. */
  isCopy: boolean;
}

/** It was not taken, or nobody knows. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure';

  constructor(
    /** A word for the row and the log: never what a server said, which quotes addresses and more. */
    readonly reason: string,
    /** Trying again would not help. */
    readonly isPermanent: boolean,
  ) {
    super(reason);
  }
}
