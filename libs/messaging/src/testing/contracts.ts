import { z } from 'zod';
import { defineEvent, defineRpc, secretText } from '@otpost/contracts';

/** What the specs ask of each other. They pretend to be the vault. */
export const echo = defineRpc({
  pattern: 'vault.test.echo',
  request: z.object({ text: secretText, wait_ms: z.int().default(0) }),
  response: z.object({ text: secretText, replica: z.string() }),
  deadlineMs: 10_000,
});

/** Leaves a mark each time it is executed; harmless to repeat. */
export const mark = defineRpc({
  pattern: 'vault.test.mark',
  request: z.object({ id: z.string(), text: secretText, wait_ms: z.int() }),
  response: z.object({ id: z.string(), replica: z.string() }),
  deadlineMs: 20_000,
});

/** The same, not to be repeated. */
export const markOnce = defineRpc({
  pattern: 'vault.test.mark-once',
  request: z.object({ id: z.string(), text: secretText, wait_ms: z.int() }),
  response: z.object({ id: z.string(), replica: z.string() }),
  delivery: 'at-most-once',
  deadlineMs: 10_000,
});

/** Fails in the way it is told to. */
export const fail = defineRpc({
  pattern: 'vault.test.fail',
  request: z.object({ how: z.enum(['app_error', 'error', 'wrong_response']), text: secretText }),
  response: z.object({ done: z.literal(true) }),
});

/** Waits until its signal is aborted. */
export const wait = defineRpc({
  pattern: 'vault.test.wait',
  request: z.object({ id: z.string() }),
  response: z.object({}),
  deadlineMs: 10_000,
});

export const happened = defineEvent({
  pattern: 'vault.test.happened',
  payload: z.object({ id: z.string(), text: secretText }),
});

export const testContracts = [echo, mark, markOnce, fail, wait, happened];
