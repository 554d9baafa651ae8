import { Queue } from 'bullmq';
import { AppError, type JobOf, type QueueContract } from '@otpost/contracts';
import type { Secret } from '@otpost/envelope';
import { parseRedisUrl, traceParent, type Logger } from '@otpost/platform';
import { openRedis, type RedisClient } from './open-redis.js';

export interface QueueConnectionOptions {
  /** See `RedisConnection`. */
  redisUrl: Secret;
  /** What every key starts with. */
  prefix?: string;
  logger: Logger;
}

export interface AddOptions {
  /** Not before this time, epoch milliseconds: a timer. */
  dueAt?: number;
  /** Where the same job already waits for its time, it gets this one's time instead. */
  reschedule?: boolean;
}

/** A client that never was connected would wait for ever. */
const answerWithinMs = 3_000;
/** Failed jobs kept for a look. They hold ids and a code. */
const failedKept = { count: 1_000, age: 7 * 24 * 3_600 };

/** Adds jobs to queues of any service. */
export class JobQueues {
  private readonly queues = new Map<string, Queue>();
  private client: RedisClient | undefined;

  constructor(private readonly options: QueueConnectionOptions) {}

  /**
   * Adds a job. While one with the same id (`contract.jobId`) waits, this one is the same; while that one is being handled, this
   * one is kept and handled once afterwards, so that no news is lost. Rejects with `unavailable` while Redis is away.
   */
  async add<Contract extends QueueContract>(
    contract: Contract,
    job: JobOf<Contract>,
    { dueAt, reschedule = false }: AddOptions = {},
  ): Promise<void> {
    const data: unknown = contract.job.parse(job);
    const deduplication = { id: contract.jobId(job), keepLastIfActive: true, reschedule };
    const trace = traceParent();
    const delay = dueAt === undefined ? 0 : Math.max(0, dueAt - Date.now());
    await this.run(contract, (queue) =>
      queue.add('job', data, {
        deduplication,
        delay,
        attempts: contract.attempts,
        backoff: { type: 'contract' },
        removeOnComplete: true,
        removeOnFail: failedKept,
        stackTraceLimit: 0,
        ...(trace === '' ? {} : { telemetry: { metadata: trace } }),
      }),
    );
  }

  /** Takes a job back that has not begun: a timer that is no longer needed. */
  async remove<Contract extends QueueContract>(contract: Contract, job: JobOf<Contract>): Promise<void> {
    await this.run(contract, async (queue) => {
      const id = await queue.getDeduplicationJobId(contract.jobId(job));
      if (id !== null) await queue.remove(id);
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    this.client?.disconnect();
  }

  private async run(contract: QueueContract, work: (queue: Queue) => Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer from Redis')), answerWithinMs);
    });
    try {
      await Promise.race([work(this.queue(contract)), tooLate]);
    } catch (cause) {
      throw new AppError('unavailable', 'Temporarily unavailable, try again', {
        cause,
        retryAfterSeconds: 1,
        internal: `queue ${contract.name}`,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private queue(contract: QueueContract): Queue {
    let queue = this.queues.get(contract.name);
    if (queue === undefined) {
      this.client ??= this.connect();
      queue = new Queue(queueName(contract), { connection: this.client, prefix: queuePrefix(this.options.prefix) });
      queue.on('error', () => undefined);
      this.queues.set(contract.name, queue);
    }
    return queue;
  }

  private connect(): RedisClient {
    // Fails within moments while Redis is away: what is due is a row, and the sweeper adds it again.
    const client = openRedis(parseRedisUrl(this.options.redisUrl.reveal()), { maxRetriesPerRequest: 1 });
    client.on('error', () => undefined);
    return client;
  }
}

/** In braces: on a Redis Cluster all keys of one queue are on one node. */
export function queueName(contract: QueueContract): string {
  return `{${contract.name}}`;
}

export function queuePrefix(prefix = 'otpost'): string {
  return `${prefix}:queue`;
}
