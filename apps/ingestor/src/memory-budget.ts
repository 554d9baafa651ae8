import { AppError } from '@otpost/contracts';

/** Bytes from outside that may be in memory at once, over all hooks and connections. Beyond it senders are asked to come back. */
export class MemoryBudget {
  private taken = 0;

  constructor(private readonly bytes: number) {}

  lease(): MemoryLease {
    return new MemoryLease(this);
  }

  /** For tests and metrics. */
  get used(): number {
    return this.taken;
  }

  /** @internal */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.bytes) return false;
    this.taken += bytes;
    return true;
  }

  /** @internal */
  give(bytes: number): void {
    this.taken -= bytes;
  }
}

/** What one message has of the budget. */
export class MemoryLease {
  private held = 0;

  constructor(private readonly budget: MemoryBudget) {}

  /** @throws AppError `overloaded` */
  grow(bytes: number): void {
    if (!this.budget.take(bytes)) {
      throw new AppError('overloaded', 'Too much at once, try again', { retryAfterSeconds: 5 });
    }
    this.held += bytes;
  }

  /** May be called again. */
  release(): void {
    this.budget.give(this.held);
    this.held = 0;
  }
}
