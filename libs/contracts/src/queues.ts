import { z } from 'zod';
import type { ServiceName } from './services.js';

/**
 * A BullMQ queue: its owner runs the one handler, anyone may add. A job carries ids, never content: what is due is in a row,
 * and the owner's sweeper adds the job again when Redis lost it.
 */
export interface QueueContract<Job extends z.ZodType = z.ZodType> {
  readonly kind: 'queue';
  readonly name: string;
  readonly owner: ServiceName;
  readonly job: Job;
  /** Two jobs with the same id are one while the first has not ended: says which duplicates fall together. */
  readonly jobId: (job: z.output<Job>) => string;
  readonly attempts: number;
  readonly backoffMs: number;
}

export type JobOf<Contract extends QueueContract> = z.output<Contract['job']>;

/** Declares a queue. `job` is an object of ids: uuids, and times in epoch milliseconds. */
export function defineQueue<Job extends z.ZodObject>(contract: {
  name: `${ServiceName}.${string}`;
  owner: ServiceName;
  job: Job;
  jobId: (job: z.output<Job>) => string;
  attempts?: number;
  backoffMs?: number;
}): QueueContract<Job> {
  return { kind: 'queue', attempts: 5, backoffMs: 1_000, ...contract };
}
