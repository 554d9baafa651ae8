import { Worker, type ResourceLimits } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@otpost/contracts';

/** What a thread runs. */
export interface ThreadSource {
  /** A module that calls `serveTasks`. */
  script: URL;
  /** Options of node: specs run their threads from TypeScript. */
  execArgv?: string[];
}

export interface WorkerPoolOptions extends ThreadSource {
  threads: number;
  /** Tasks that one thread has in hand at once: 1 for work that computes, more for work that waits. */
  tasksPerThread?: number;
  /** A thread that takes longer over a task is ended, and everything in its hands fails. */
  timeLimitMs: number;
  /** Tasks that may wait; a further one is refused as `overloaded`. */
  maxWaiting: number;
  /** Threads that take no bulky task, so that the others never wait behind those alone. */
  threadsWithoutBulk?: number;
  resourceLimits?: ResourceLimits;
  /** Answers what a thread asks of the main one (look-ups in the DNS). */
  answer?: (question: unknown) => Promise<unknown>;
  /** Told when a thread ends before its time. */
  onThreadLost?: (reason: string) => void;
}

export interface TaskOptions {
  bulky?: boolean;
  /** Aborted before a thread has it in hand, the task is forgotten, with all that it holds. */
  signal?: AbortSignal;
}

interface Task {
  id: number;
  kind: string;
  payload: unknown;
  bulky: boolean;
  resolve: (result: unknown) => void;
  reject: (error: AppError) => void;
  overdue?: NodeJS.Timeout;
}

interface Thread {
  worker: Worker;
  takesBulk: boolean;
  inHand: Map<number, Task>;
  ready: boolean;
}

/** What a thread sends. */
export type FromThread =
  | { type: 'ready' }
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; code: ErrorCode; message: string }
  | { type: 'question'; id: number; question: unknown };
/** What a thread is sent. */
export type ToThread =
  | { type: 'task'; id: number; kind: string; payload: unknown }
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'no_answer'; id: number; code: string };

const respawnDelayMs = 200;

/**
 * Threads for work on bytes from outside: whatever these do to it, no more is lost than a thread and what it had in hand. The work
 * has a time limit, the queue an end, and the event loop of the process stays free.
 */
export class WorkerPool {
  private readonly threads = new Set<Thread>();
  private readonly waiting: Task[] = [];
  private nextId = 1;
  private closed = false;

  constructor(private readonly options: WorkerPoolOptions) {}

  /** Resolves when every thread has loaded its module; rejects where one cannot. */
  async start(): Promise<void> {
    const { threads, threadsWithoutBulk = 0 } = this.options;
    const all = Array.from({ length: threads }, (_, index) => this.spawn(index >= threadsWithoutBulk));
    await Promise.all(all);
  }

  /**
   * @throws AppError whatever the task threw as such; `validation_failed` for one that took too long or too much memory;
   *   `overloaded`; `internal` where the thread was lost.
   */
  run<Result>(kind: string, payload: unknown, { bulky = false, signal }: TaskOptions = {}): Promise<Result> {
    if (this.closed) return Promise.reject(unavailable('The service is stopping'));
    if (this.waiting.length >= this.options.maxWaiting) {
      return Promise.reject(new AppError('overloaded', 'Too much at once, try again', { retryAfterSeconds: 2 }));
    }
    return new Promise<Result>((resolve, reject) => {
      const settle = resolve as (result: unknown) => void;
      const task: Task = { id: this.nextId++, kind, payload, bulky, resolve: settle, reject };
      this.waiting.push(task);
      signal?.addEventListener('abort', () => this.forget(task), { once: true });
      this.dispatch();
    });
  }

  /** Ends the threads. What is waiting or in hand fails. */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.waiting.splice(0)) task.reject(unavailable('The service is stopping'));
    await Promise.all([...this.threads].map((thread) => this.end(thread, unavailable('The service is stopping'))));
  }

  private forget(task: Task): void {
    const index = this.waiting.indexOf(task);
    if (index < 0) return;
    this.waiting.splice(index, 1);
    task.reject(new AppError('cancelled', 'Nobody waits for it any more'));
  }

  private spawn(takesBulk: boolean): Promise<void> {
    const { script, resourceLimits, execArgv } = this.options;
    // No variable of ours, and nothing that a library prints: it may quote a mail.
    const worker = new Worker(script, {
      env: {},
      stdout: true,
      stderr: true,
      ...(resourceLimits && { resourceLimits }),
      ...(execArgv && { execArgv }),
    });
    worker.stdout.resume();
    worker.stderr.resume();
    const thread: Thread = { worker, takesBulk, inHand: new Map(), ready: false };
    this.threads.add(thread);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.type === 'ready') {
          thread.ready = true;
          resolve();
          this.dispatch();
        } else this.receive(thread, message);
      });
      worker.on('error', (error: NodeJS.ErrnoException) => {
        const tooMuch = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        this.lose(thread, tooMuch ? tooComplex() : new AppError('internal', 'Internal error', { cause: error }));
        reject(error);
      });
      worker.on('exit', () => {
        this.lose(thread, new AppError('internal', 'Internal error', { internal: 'worker ended' }));
        reject(new Error('the worker ended before it was ready'));
      });
    });
  }

  private receive(thread: Thread, message: Exclude<FromThread, { type: 'ready' }>): void {
    if (message.type === 'question') return void this.answer(thread, message.id, message.question);
    const task = thread.inHand.get(message.id);
    if (task === undefined) return;
    thread.inHand.delete(task.id);
    clearTimeout(task.overdue);
    if (message.type === 'done') task.resolve(message.result);
    else task.reject(new AppError(message.code, message.message));
    this.dispatch();
  }

  private async answer(thread: Thread, id: number, question: unknown): Promise<void> {
    let reply: ToThread;
    try {
      reply = { type: 'answer', id, answer: await this.options.answer?.(question) };
    } catch (error) {
      reply = { type: 'no_answer', id, code: (error as NodeJS.ErrnoException).code ?? 'ESERVFAIL' };
    }
    if (this.threads.has(thread)) thread.worker.postMessage(reply);
  }

  private dispatch(): void {
    const { tasksPerThread = 1, timeLimitMs } = this.options;
    for (const thread of this.threads) {
      while (thread.ready && thread.inHand.size < tasksPerThread) {
        const index = this.waiting.findIndex(({ bulky }) => thread.takesBulk || !bulky);
        const [task] = index < 0 ? [] : this.waiting.splice(index, 1);
        if (task === undefined) break;
        thread.inHand.set(task.id, task);
        task.overdue = setTimeout(() => this.lose(thread, tooComplex()), timeLimitMs);
        thread.worker.postMessage({ type: 'task', id: task.id, kind: task.kind, payload: task.payload });
      }
    }
  }

  /** A thread is gone, or must go: its tasks fail, another one takes its place. */
  private lose(thread: Thread, error: AppError): void {
    if (!this.threads.has(thread)) return;
    this.options.onThreadLost?.(error.code);
    void this.end(thread, error);
    if (this.closed) return;
    const respawn = () => {
      if (!this.closed) this.spawn(thread.takesBulk).catch(() => undefined); // tells `lose` again
    };
    if (thread.ready) respawn();
    else setTimeout(respawn, respawnDelayMs).unref();
  }

  private async end(thread: Thread, error: AppError): Promise<void> {
    this.threads.delete(thread);
    for (const task of thread.inHand.values()) {
      clearTimeout(task.overdue);
      task.reject(error);
    }
    thread.inHand.clear();
    await thread.worker.terminate();
  }
}

function tooComplex(): AppError {
  return new AppError('validation_failed', 'The message is too complex');
}

function unavailable(message: string): AppError {
  return new AppError('unavailable', message, { retryAfterSeconds: 1 });
}
