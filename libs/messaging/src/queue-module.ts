import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { QueueContract, ServiceName } from '@otpost/contracts';
import { checkHandlers } from './boot-check.js';
import { type JobContext, type JobHandlerMetadata, jobHandlerMetadata } from './job-handler.js';
import { JobQueues } from './job-queues.js';
import { assertIdsOnly } from './job-schema.js';
import { JobWorker, type JobWorkerOptions } from './job-worker.js';

export interface QueueModuleOptions extends JobWorkerOptions {
  service: ServiceName;
  /** Everything that is declared; this service handles what it owns. */
  queues: readonly QueueContract[];
  /** How long shutdown waits for jobs that have begun. */
  closeTimeoutMs?: number;
}

interface FoundHandler {
  metadata: JobHandlerMetadata;
  handle: (job: unknown, context: JobContext) => Promise<void> | void;
}

const optionsToken = Symbol('otpost.queue-module-options');

/**
 * Provides `JobQueues` to the whole app and runs its `@JobHandler` methods. The app does not start unless every queue of its
 * service has exactly one.
 */
@Module({})
export class QueueModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private workers: JobWorker[] = [];

  constructor(
    @Inject(optionsToken) private readonly options: QueueModuleOptions,
    private readonly queues: JobQueues,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  static forRoot(options: QueueModuleOptions): DynamicModule {
    options.queues.forEach(assertIdsOnly);
    return {
      module: QueueModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: optionsToken, useValue: options },
        { provide: JobQueues, useFactory: () => new JobQueues(options) },
      ],
      exports: [JobQueues],
    };
  }

  onApplicationBootstrap(): void {
    const owned = this.options.queues.filter(({ owner }) => owner === this.options.service);
    const handlers = this.findHandlers();
    checkHandlers(
      'queue',
      owned.map(({ name }) => name),
      handlers.map(({ metadata }) => metadata.contract.name),
    );
    this.workers = handlers.map(({ metadata, handle }) => new JobWorker(metadata, handle, this.options));
  }

  /** Before the app stops answering: jobs that have begun may still ask other services. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close(this.options.closeTimeoutMs ?? 15_000)));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.queues.close();
  }

  private findHandlers(): FoundHandler[] {
    return this.discovery.getProviders().flatMap(({ instance }: { instance: unknown }) => {
      if (typeof instance !== 'object' || instance === null) return [];
      const methods = instance as Record<string, unknown>;
      return this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object).flatMap((name) => {
        const method = methods[name];
        const metadata = typeof method === 'function' ? jobHandlerMetadata(method) : undefined;
        if (metadata === undefined) return [];
        return [{ metadata, handle: (method as FoundHandler['handle']).bind(instance) }];
      });
    });
  }
}
