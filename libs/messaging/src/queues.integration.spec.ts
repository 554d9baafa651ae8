import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppError, type JobOf } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import { createLogger } from '@otpost/platform';
import { type JobContext, JobHandler, type JobOutcome, JobQueues, QueueModule } from './index.js';
import { drain, elsewhere, expire } from './testing/queues.js';
import { RedisServer } from './testing/redis-server.js';
import { until } from './testing/until.js';

type DrainHandler = (job: JobOf<typeof drain>, context: JobContext) => Promise<void> | void;
let onDrain: DrainHandler;
const expired: { id: string; at: number }[] = [];
const outcomes: JobOutcome[] = [];

@Injectable()
class Handlers {
  @JobHandler(drain, { concurrency: 5 })
  drain(job: JobOf<typeof drain>, context: JobContext): Promise<void> | void {
    return onDrain(job, context);
  }

  @JobHandler(expire)
  expire({ challenge_id }: JobOf<typeof expire>): void {
    expired.push({ id: challenge_id, at: Date.now() });
  }
}

@Injectable()
class OnlyDrain {
  @JobHandler(drain)
  drain(): void {}

  @JobHandler(elsewhere)
  elsewhere(): void {}
}

@Module({})
class Root {}

describe('queues', () => {
  let redis: RedisServer;
  let app: INestApplicationContext;
  let queues: JobQueues;

  const start = (handlers: new () => object, closeTimeoutMs = 5_000) =>
    NestFactory.createApplicationContext(
      {
        module: Root,
        imports: [
          QueueModule.forRoot({
            redisUrl: new Secret(redis.url),
            logger: createLogger({ service: 'vault', replica: 'test', level: 'silent' }),
            service: 'vault',
            closeTimeoutMs,
            queues: [drain, expire, elsewhere],
            observe: (outcome) => outcomes.push(outcome),
          }),
        ],
        providers: [handlers],
      },
      { logger: false, abortOnError: false },
    );

  beforeAll(async () => {
    redis = await RedisServer.start();
    app = await start(Handlers);
    queues = app.get(JobQueues);
  });

  afterAll(async () => {
    await app.close();
    await redis.remove();
  });

  it('does not start without exactly one handler for each queue of the service, and names them all', async () => {
    await expect(start(OnlyDrain)).rejects.toThrow(
      /queue vault\.expire has no handler[^]*dispatcher\.elsewhere is handled/,
    );
  });

  it('hands a job to its handler, decoded', async () => {
    const endpoint_id = randomUUID();
    const seen: string[] = [];
    onDrain = (job) => void seen.push(job.endpoint_id);
    await queues.add(drain, { endpoint_id });
    await until('the job is handled', () => seen.includes(endpoint_id));
  });

  it('takes the same job twice for one while it waits, and runs it once more when it came while running', async () => {
    const endpoint_id = randomUUID();
    let runs = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    onDrain = async () => {
      runs += 1;
      if (runs === 1) await held;
    };
    await queues.add(drain, { endpoint_id });
    await until('the first run has begun', () => runs === 1);
    for (let i = 0; i < 5; i += 1) await queues.add(drain, { endpoint_id });
    release();
    await until('it has run again', () => runs === 2);
    await queues.add(drain, { endpoint_id: randomUUID() });
    await until('later jobs run', () => runs === 3);
  });

  it('fires a timer when it is due, earlier when it is rescheduled, and never when it was taken back', async () => {
    const [soon, moved, removed] = [randomUUID(), randomUUID(), randomUUID()];
    const dueAt = Date.now() + 300;
    const far = Date.now() + 3_600_000;
    await queues.add(expire, { challenge_id: soon, expires_at_ms: dueAt }, { dueAt });
    await queues.add(expire, { challenge_id: removed, expires_at_ms: dueAt }, { dueAt });
    await queues.add(expire, { challenge_id: moved, expires_at_ms: far }, { dueAt: far });
    await queues.add(expire, { challenge_id: moved, expires_at_ms: dueAt }, { dueAt, reschedule: true });
    await queues.remove(expire, { challenge_id: removed, expires_at_ms: dueAt });
    await until('both timers fired', () => expired.length === 2);
    expect(expired.map(({ id }) => id).sort()).toEqual([soon, moved].sort());
    expect(Math.min(...expired.map(({ at }) => at))).toBeGreaterThanOrEqual(dueAt);
  });

  it('tries again what time may heal, up to the contract, and leaves nothing but a code in Redis', async () => {
    const endpoint_id = randomUUID();
    const attempts: [number, boolean][] = [];
    onDrain = (_job, { attempt, isLastAttempt }) => {
      attempts.push([attempt, isLastAttempt]);
      throw new Error('canary-secret in a message');
    };
    await queues.add(drain, { endpoint_id });
    await until('the last attempt failed', () => attempts.length === 3);
    expect(attempts).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(outcomes.filter(({ code }) => code === 'internal')).toHaveLength(3);
    const client = redis.client();
    const dump: string[] = [];
    for (const key of await client.keys('*')) {
      if ((await client.type(key)) === 'hash') dump.push(JSON.stringify(await client.hgetall(key)));
    }
    client.disconnect();
    expect(dump.join()).toContain('"failedReason":"internal"');
    expect(dump.join()).not.toContain('canary');
    expect(dump.join()).not.toContain('.ts');
  });

  it('does not try again what time does not heal', async () => {
    const endpoint_id = randomUUID();
    let runs = 0;
    onDrain = () => {
      runs += 1;
      throw new AppError('not_found', 'endpoint not found');
    };
    await queues.add(drain, { endpoint_id });
    await until('it failed for good', () => outcomes.some(({ code }) => code === 'not_found'));
    // A second job of the same id is taken again: the first has ended.
    await queues.add(drain, { endpoint_id });
    await until('the next one ran', () => runs === 2);
  });

  it('can be added again after it was taken back', async () => {
    const challenge_id = randomUUID();
    const job = { challenge_id, expires_at_ms: Date.now() };
    await queues.add(expire, job, { dueAt: Date.now() + 3_600_000 });
    await queues.remove(expire, job);
    await queues.add(expire, job);
    await until('it is handled', () => expired.some(({ id }) => id === challenge_id));
  });

  it('does not hold up the end of the process for longer than it may', async () => {
    const slow = await start(Handlers, 100);
    let signal: AbortSignal | undefined;
    let release = () => {};
    onDrain = (_job, context) => {
      signal ??= context.signal;
      return new Promise((resolve) => (release = resolve));
    };
    await app.close();
    await slow.get(JobQueues).add(drain, { endpoint_id: randomUUID() });
    await until('the job has begun', () => signal !== undefined);
    const began = performance.now();
    await slow.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(signal?.aborted).toBe(true);
    release();
    app = await start(Handlers);
    queues = app.get(JobQueues);
  });

  it('says unavailable while Redis is away, and goes on when it is back', async () => {
    await redis.stop();
    await expect(queues.add(drain, { endpoint_id: randomUUID() })).rejects.toMatchObject({ code: 'unavailable' });
    await redis.start();
    const endpoint_id = randomUUID();
    const seen: string[] = [];
    onDrain = (job) => void seen.push(job.endpoint_id);
    await until('a job is taken', async () => {
      await queues.add(drain, { endpoint_id }).catch(() => undefined);
      return seen.includes(endpoint_id);
    });
  });
});
