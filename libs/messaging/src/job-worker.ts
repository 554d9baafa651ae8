import { type Job, UnrecoverableError, Worker } from 'bullmq';
import { AppError, type ErrorCode } from '@otpost/contracts';
import { inSpan, parseRedisUrl } from '@otpost/platform';
import type { JobContext, JobHandlerMetadata } from './job-handler.js';
import { queueName, queuePrefix, type QueueConnectionOptions } from './job-queues.js';
import { openRedis, type RedisClient } from './open-redis.js';

/** How one attempt at a job ended, for metrics and logs. */
export interface JobOutcome {
  queue: string;
  code: 'ok' | ErrorCode;
  attempt: number;
  durationMs: number;
}

export interface JobWorkerOptions extends QueueConnectionOptions {
  observe?: (outcome: JobOutcome) => void;
}

/** Codes that time may heal. */
const transient = new Set<ErrorCode>([
  'overloaded',
  'unavailable',
  'deadline_exceeded',
  'outcome_unknown',
  'rate_limited',
  'cancelled',
  'internal',
]);

const lockMs = 15_000;
const stalledCheckMs = 5_000;
const longestBackoffMs = 3_600_000;

/** Handles the jobs of one queue. */
export class JobWorker {
  private readonly connection: RedisClient;
  private readonly worker: Worker;
  private readonly stopping = new AbortController();

  constructor(
    private readonly metadata: JobHandlerMetadata,
    private readonly handle: (job: unknown, context: JobContext) => Promise<void> | void,
    private readonly options: JobWorkerOptions,
  ) {
    const { contract, concurrency } = metadata;
    this.connection = openRedis(parseRedisUrl(options.redisUrl.reveal()), { maxRetriesPerRequest: null });
    this.connection.on('error', () => undefined);
    this.worker = new Worker(queueName(contract), (job) => this.process(job), {
      connection: this.connection,
      prefix: queuePrefix(options.prefix),
      concurrency,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      // A replica that dies takes its job with it once; the rows, not this count, say when to give up.
      maxStalledCount: 100,
      settings: { backoffStrategy: (attempt, _type, error) => this.backoffMs(attempt, error) },
    });
    this.worker.on('error', () => undefined);
  }

  /** Takes no more jobs, waits for those it has (bounded). A job that is not over by then is handled again elsewhere. */
  async close(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.options.logger.warn('job.close_overdue', { queue: this.metadata.contract.name });
        this.stopping.abort(new AppError('unavailable', 'The service is stopping'));
        resolve();
      }, timeoutMs);
    });
    await Promise.race([this.worker.close().catch(() => undefined), overdue]);
    clearTimeout(timer);
    this.connection.disconnect();
  }

  private async process(job: Job): Promise<void> {
    const { contract } = this.metadata;
    const attempt = job.attemptsMade + 1;
    const startedAt = Date.now();
    let code: JobOutcome['code'] = 'ok';
    try {
      const isLastAttempt = attempt >= (job.opts.attempts ?? 1);
      const given = contract.job.parse(job.data);
      const context = { attempt, isLastAttempt, signal: this.stopping.signal };
      const parent = job.opts.telemetry?.metadata;
      await inSpan({ name: contract.name, kind: 'consumer', parent }, () => this.handle(given, context));
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : new AppError('internal', 'Internal error', { cause: thrown });
      code = error.code;
      this.options.logger.warn('job.failed', { queue: contract.name, attempt }, thrown);
      throw failure(error);
    } finally {
      this.options.observe?.({ queue: contract.name, code, attempt, durationMs: Date.now() - startedAt });
    }
  }

  /** Doubling from the contract's backoff, jittered, unless the error said when to come again. */
  private backoffMs(attempt: number, error: unknown): number {
    if (error instanceof JobFailure && error.retryAfterMs !== undefined) return error.retryAfterMs;
    const bounded = Math.min(this.metadata.contract.backoffMs * 2 ** (attempt - 1), longestBackoffMs);
    return Math.round(bounded * (0.75 + Math.random() / 2));
  }
}

/** What BullMQ writes to Redis of a failure: the code alone. Messages of errors may quote what was handled. */
class JobFailure extends Error {
  constructor(
    code: ErrorCode,
    readonly retryAfterMs: number | undefined,
  ) {
    super(code);
    this.stack = code;
  }
}

function failure(error: AppError): Error {
  if (transient.has(error.code)) {
    return new JobFailure(
      error.code,
      error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1_000,
    );
  }
  const permanent = new UnrecoverableError(error.code);
  permanent.stack = error.code;
  return permanent;
}
