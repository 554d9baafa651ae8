import type { FastifyRequest } from 'fastify';
import type { InboundSource, Journal } from '../journal.js';
import type { MemoryBudget, MemoryLease } from '../memory-budget.js';
import { readBody } from './read-body.js';

export interface IntakeOptions {
  /** Each has its own: large mails from anyone leave room for an SMS. */
  budgets: { mail: MemoryBudget; sms: MemoryBudget };
  journal: Journal;
  /** Start of every hook URL; undefined: our own address. */
  publicUrl: string | undefined;
  mailLimitBytes: number;
  inboxDomain: string;
}

/** A body that has not been read yet. */
export class IncomingBody {
  /** Until when its memory is needed. */
  settled: Promise<void> = Promise.resolve();

  constructor(
    private readonly request: FastifyRequest,
    private readonly lease: MemoryLease,
  ) {}

  /** @throws AppError `payload_too_large`, `overloaded`, `cancelled` */
  read(limitBytes: number): Promise<Uint8Array[]> {
    return readBody(this.request.raw, limitBytes, this.lease);
  }
}

/** What the hooks share: bodies against one budget of memory, a line in the journal for what failed, the URL as the provider knows it. */
export class Intake {
  readonly mailLimitBytes: number;
  readonly inboxDomain: string;

  constructor(private readonly options: IntakeOptions) {
    this.mailLimitBytes = options.mailLimitBytes;
    this.inboxDomain = options.inboxDomain;
  }

  async receive<Result>(
    source: InboundSource,
    request: FastifyRequest,
    work: (body: IncomingBody) => Promise<Result>,
  ): Promise<Result> {
    const { mail, sms } = this.options.budgets;
    const lease = (source === 'twilio' ? sms : mail).lease();
    const body = new IncomingBody(request, lease);
    try {
      return await work(body);
    } catch (error) {
      this.options.journal.failed(source, error, request.ip);
      throw error;
    } finally {
      void body.settled.finally(() => lease.release());
    }
  }

  /** The URL that was configured at the provider: ours, with the path of the hook and the query as it came. */
  urlOf(request: FastifyRequest, path: string): string {
    const { publicUrl } = this.options;
    const query = request.raw.url?.indexOf('?') ?? -1;
    const base = (publicUrl ?? request.server.listeningOrigin).replace(/\/+$/, '');
    return base + path + (query < 0 ? '' : (request.raw.url?.slice(query) ?? ''));
  }
}
