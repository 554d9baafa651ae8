import { AppError } from '@otpost/contracts';
import { serveTasks, type Ask } from '../workers/serve-tasks.js';

/** What the spec of the pool lets a thread do. */
serveTasks({
  echo: (payload: unknown) => payload,
  spin: () => {
    for (;;);
  },
  hoard: () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: 100_000 }, Math.random));
  },
  refuse: () => {
    throw new AppError('not_found', 'no such thing');
  },
  fail: () => {
    throw new Error('canary in a message');
  },
  end: () => process.exit(1),
  // eslint-disable-next-line no-restricted-properties -- that it is empty is what is tested
  environment: () => Object.keys(process.env),
  ask: (question: unknown, ask: Ask) => ask(question),
  wait: (question: unknown, ask: Ask) => ask(question),
});
