import { AppError, type RpcContract } from '@otpost/contracts';
import { decodeBody, decodeReply, encodeRequest } from './contract-codec.js';
import type { Outgoing } from './outbox.js';
import type { Sealer } from './sealing.js';
import { Direction } from './wire.js';

/** How a call ended, for metrics and logs. */
export interface CallOutcome {
  pattern: string;
  code: 'ok' | AppError['code'];
  durationMs: number;
}

export interface CallEnd {
  resolve: (response: unknown) => void;
  reject: (error: AppError) => void;
}

/** One call that waits for its reply. */
export class PendingCall implements Outgoing {
  settled = false;
  /** Where it is in the service's stream; '' until that is known. */
  entryId = '';
  /** It may have reached Redis. */
  maybeSent = false;
  /** When it was last looked for in the stream. Epoch ms. */
  soughtAt: number;
  /** It was not in the stream when last looked for: answered, or lost. */
  isMissing = false;
  private sealed: { incarnation: string; frame: Buffer } | undefined;

  constructor(
    readonly contract: RpcContract,
    /** As its reply must repeat it. */
    readonly envelope: Buffer,
    readonly deadline: number,
    readonly startedAt: number,
    /** Until when it waits for a Redis that is away. Epoch ms. */
    readonly unsentUntil: number,
    private readonly content: { trace: string; body: string },
    private readonly sealer: Sealer,
    private readonly end: CallEnd,
    private readonly settling: (call: PendingCall, outcome: CallOutcome['code']) => void,
  ) {
    this.soughtAt = startedAt;
  }

  /** When it is given up as things are. Epoch ms. */
  get givenUpAt(): number {
    return this.maybeSent ? this.deadline : Math.min(this.unsentUntil, this.deadline);
  }

  get atMostOnce(): boolean {
    return this.contract.delivery === 'at-most-once';
  }

  frame(incarnation: string): Buffer {
    if (this.sealed?.incarnation !== incarnation) {
      const content = encodeRequest({ incarnation, ...this.content });
      this.sealed = { incarnation, frame: this.sealer.seal(Direction.request, this.envelope, content) };
    }
    this.maybeSent = true;
    return this.sealed.frame;
  }

  added(entryId: string): void {
    this.entryId = entryId;
    this.isMissing = false;
  }

  refused(error: AppError): void {
    this.fail(error);
  }

  unsure(): void {
    // A reply may yet come. If none does, the deadline says that the outcome is unknown.
  }

  /** Takes the content of the reply. */
  answer(content: Buffer): void {
    try {
      const reply = decodeReply(content);
      if (reply instanceof AppError) return this.fail(reply);
      const response = decodeBody(this.contract.response, reply, `response of ${this.contract.pattern}`);
      this.settle('ok');
      this.end.resolve(response);
    } catch (error) {
      this.fail(error instanceof AppError ? error : new AppError('internal', 'Internal error', { cause: error }));
    }
  }

  fail(error: AppError): void {
    if (this.settled) return;
    this.settle(error.code);
    this.end.reject(error);
  }

  /** Ends a call that gets no reply: says whether it may have had an effect. */
  giveUp(code: 'deadline_exceeded' | 'unavailable'): void {
    const what = this.contract.pattern;
    if (this.atMostOnce && this.maybeSent) {
      this.fail(new AppError('outcome_unknown', 'No answer came: it may or may not have happened', { internal: what }));
    } else if (!this.maybeSent || code === 'unavailable') {
      this.fail(
        new AppError('unavailable', 'Temporarily unavailable, try again', { internal: what, retryAfterSeconds: 1 }),
      );
    } else {
      this.fail(new AppError('deadline_exceeded', 'No answer came in time', { internal: what }));
    }
  }

  private settle(outcome: CallOutcome['code']): void {
    this.settled = true;
    this.settling(this, outcome);
  }
}
