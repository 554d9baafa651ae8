import type { Via, Writing } from './outgoing.js';

/** Asks the owner of a destination. */
export function composeConfirmation(link: string, via: Via): Writing {
  const host = new URL(link).host;
  if (via === 'sms') return { text: `${host} wants to send you copies of sign-in messages. To agree, open ${link}` };
  return {
    subject: `Confirm: copies of sign-in messages from ${host}`,
    text: `Somebody who uses otpost at ${host} wants copies of messages that arrive there, with sign-in codes in them, to be sent to this address.

If you want them, open this page and press the button. It is good for seven days:

${link}

If you do not know what this is about, do nothing: nothing will be sent.
`,
  };
}

export interface Question {
  message: string | null;
  currentStep: string | null;
  expiresAt: Date;
}

const longestSmsMessage = 140;

/** Tells a seat that a challenge waits for its answer: where to give it, never what. */
export function composeNotice(link: string, { message, currentStep, expiresAt }: Question, via: Via): Writing {
  const question = message ?? 'A sign-in is waiting for the code that was sent to you.';
  if (via === 'sms') {
    const short = question.length > longestSmsMessage ? `${question.slice(0, longestSmsMessage - 1)}…` : question;
    return { text: `${short.replace(/\s+/g, ' ')} ${link}` };
  }
  return {
    subject: 'A code is needed',
    text: `${currentStep === null ? '' : `${currentStep}\n\n`}${question}

Give it here, until ${expiresAt.toISOString().slice(11, 16)} UTC:

${link}

Whoever has this link can answer. Never enter a password there.
`,
  };
}
