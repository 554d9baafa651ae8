import { AppError } from '@otpost/contracts';
import type { Outgoing } from './outbox.js';

/** One event that waits to be taken by Redis. */
export class OutgoingEvent implements Outgoing {
  readonly atMostOnce = false;
  settled = false;

  constructor(
    private readonly sealed: Buffer,
    /** Epoch milliseconds. */
    readonly giveUpAt: number,
    private readonly end: { resolve: () => void; reject: (error: AppError) => void },
    private readonly settling: (event: OutgoingEvent) => void,
  ) {}

  frame(): Buffer {
    return this.sealed;
  }

  added(): void {
    this.settle();
    this.end.resolve();
  }

  refused(error: AppError): void {
    if (this.settled) return;
    this.settle();
    this.end.reject(error);
  }

  unsure(): void {
    // Of at-most-once messages only.
  }

  private settle(): void {
    this.settled = true;
    this.settling(this);
  }
}
