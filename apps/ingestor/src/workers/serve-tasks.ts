import { parentPort } from 'node:worker_threads';
import { AppError } from '@otpost/contracts';
import type { FromThread, ToThread } from './worker-pool.js';

export type Ask = (question: unknown) => Promise<unknown>;
type Handler = (payload: never, ask: Ask) => unknown;

/** The life of a thread: does the tasks that its pool sends. Called once, by the module that the pool runs. */
export function serveTasks(handlers: Readonly<Record<string, Handler>>): void {
  const port = parentPort;
  if (port === null) throw new Error('not a worker thread');
  const send = (message: FromThread) => port.postMessage(message);
  const questions = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let nextQuestion = 1;

  const ask: Ask = (question) =>
    new Promise((resolve, reject) => {
      const id = nextQuestion++;
      questions.set(id, { resolve, reject });
      send({ type: 'question', id, question });
    });

  const perform = async (id: number, kind: string, payload: unknown) => {
    try {
      const handler = handlers[kind] as ((payload: unknown, ask: Ask) => unknown) | undefined;
      if (handler === undefined) throw new AppError('internal', `no task is called ${kind}`);
      send({ type: 'done', id, result: await handler(payload, ask) });
    } catch (error) {
      // The message of any other error may quote the mail.
      const { code, message } = error instanceof AppError ? error : new AppError('internal', 'Internal error');
      send({ type: 'failed', id, code, message });
    }
  };

  port.on('message', (message: ToThread) => {
    if (message.type === 'task') return void perform(message.id, message.kind, message.payload);
    const question = questions.get(message.id);
    questions.delete(message.id);
    if (message.type === 'answer') question?.resolve(message.answer);
    else question?.reject(Object.assign(new Error(message.code), { code: message.code }));
  });
  send({ type: 'ready' });
}
