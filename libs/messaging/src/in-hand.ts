import { AppError, type EventContract, type RpcContract } from '@otpost/contracts';
import { Deadlines } from './deadlines.js';
import type { RpcContext } from './rpc-context.js';
import type { OpenedMessage } from './sealing.js';

/** A request this replica has taken and not yet dealt with. */
export interface RequestInHand {
  readonly entryId: string;
  readonly message: OpenedMessage;
  readonly contract: RpcContract | EventContract;
  readonly context: RpcContext;
  readonly takenAt: number;
  /** The deadline passed or the caller gave up: nobody waits for the answer. */
  isAbandoned: boolean;
}

/** What one replica has in hand, bounded, with deadlines and cancellation. */
export class InHand {
  private readonly requests = new Map<string, RequestInHand>();
  private readonly deadlines: Deadlines;
  private waiters: (() => void)[] = [];
  private isStopped = false;

  constructor(
    private readonly most: number,
    now: () => number,
  ) {
    this.deadlines = new Deadlines(now, (time) => this.expire(time));
  }

  get size(): number {
    return this.requests.size;
  }

  /** How many more fit. */
  get room(): number {
    return this.isStopped ? 0 : this.most - this.requests.size;
  }

  has(id: string): boolean {
    return this.requests.has(id);
  }

  add(request: RequestInHand): void {
    this.requests.set(request.context.id, request);
    this.deadlines.add(request.context.deadline);
  }

  remove(request: RequestInHand): void {
    this.requests.delete(request.context.id);
    if (this.waiters.length > 0) this.wake();
  }

  /** The caller of the request with this id gave up. */
  cancel(id: string): void {
    const request = this.requests.get(id);
    if (request !== undefined) abandon(request, new AppError('cancelled', 'Cancelled by the caller'));
  }

  /** Tells every handler to stop. */
  abortAll(reason: AppError): void {
    for (const request of this.requests.values()) request.context.abort(reason);
  }

  /** Resolves at the next request that ends, or when there will be no room any more. */
  untilRoom(): Promise<void> {
    return this.isStopped ? Promise.resolve() : new Promise((resolve) => this.waiters.push(resolve));
  }

  /** Takes no more. */
  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  /** Resolves with true once nothing is in hand, with false after `timeoutMs`. */
  async untilEmpty(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        isOver = true;
        resolve();
      }, timeoutMs);
    });
    while (this.size > 0 && !isOver) {
      await Promise.race([timeout, new Promise<void>((resolve) => this.waiters.push(resolve))]);
    }
    clearTimeout(timer);
    if (this.size === 0) this.deadlines.stop();
    return this.size === 0;
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter();
  }

  private expire(now: number): number {
    let next = Infinity;
    for (const request of this.requests.values()) {
      if (request.context.deadline > now) next = Math.min(next, request.context.deadline);
      else abandon(request, new AppError('deadline_exceeded', 'No answer came in time'));
    }
    return next;
  }
}

function abandon(request: RequestInHand, reason: AppError): void {
  request.isAbandoned = true;
  request.context.abort(reason);
}
