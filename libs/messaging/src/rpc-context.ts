import { BaseRpcContext } from '@nestjs/microservices';
import { AppError } from '@otpost/contracts';

/** What a handler may know of the message it handles: its second parameter. */
export class RpcContext extends BaseRpcContext<[]> {
  private controller: AbortController | undefined;
  private aborted: AppError | undefined;

  constructor(
    /** Message id, hex; the same when a request is delivered again. */
    readonly id: string,
    readonly pattern: string,
    /** Epoch milliseconds, after which nobody waits for the answer. */
    readonly deadline: number,
  ) {
    super([]);
  }

  /** Aborted when the caller gives up, the deadline passes, or the process must stop; its reason is an `AppError`. */
  get signal(): AbortSignal {
    // Made when first asked for: most handlers never do.
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted !== undefined) this.controller.abort(this.aborted);
    }
    return this.controller.signal;
  }

  /** For the transport. */
  abort(reason: AppError): void {
    if (this.aborted !== undefined) return;
    this.aborted = reason;
    this.controller?.abort(reason);
  }
}
