import 'reflect-metadata';
import type { JobOf, QueueContract } from '@otpost/contracts';

/** What a job's handler may know beside the job. */
export interface JobContext {
  /** 1 at first. */
  readonly attempt: number;
  /** No further attempt follows this one. */
  readonly isLastAttempt: boolean;
  /** Aborted when the process must stop and the job has had its time. */
  readonly signal: AbortSignal;
}

export interface JobHandlerOptions {
  /** Jobs of this queue handled at once by one replica. */
  concurrency?: number;
}

export interface JobHandlerMetadata extends Required<JobHandlerOptions> {
  contract: QueueContract;
}

const metadataKey = Symbol('otpost.job-handler');

type Handler<Contract extends QueueContract> = (job: JobOf<Contract>, context: JobContext) => Promise<void> | void;

/**
 * The method of a provider that handles the jobs of `contract`. It may run more than once for one job, also at the same time as a
 * replica that stalled: what is due is read from the row, in the transaction that changes it.
 *
 * Throw `AppError`: codes that time may heal are tried again, with the contract's attempts and backoff, others are not.
 */
export function JobHandler<Contract extends QueueContract>(contract: Contract, options: JobHandlerOptions = {}) {
  return <Method extends Handler<Contract>>(
    _target: object,
    _key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    if (descriptor.value === undefined) return;
    const metadata: JobHandlerMetadata = { contract, concurrency: options.concurrency ?? 10 };
    Reflect.defineMetadata(metadataKey, metadata, descriptor.value);
  };
}

/** What `@JobHandler` says of a method, if anything. */
export function jobHandlerMetadata(method: object): JobHandlerMetadata | undefined {
  return Reflect.getMetadata(metadataKey, method) as JobHandlerMetadata | undefined;
}
