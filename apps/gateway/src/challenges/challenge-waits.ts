import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError, challengeChanged } from '@otpost/contracts';
import { Broadcast, type Subscription } from '@otpost/messaging';

/** Looks under way at once: when thousands of waits end together, they ask the dispatcher in turn. */
const maxLooks = 128;

interface Waiter {
  /** Set by news that came while nobody listened to it: during a look. */
  hasNews: boolean;
  wake: (() => void) | undefined;
}

/**
 * Requests that wait for a challenge. One subscription serves all of them; waiting costs a timer and an entry in a map. Who waits is
 * registered before it looks, so nothing that happens between the two is missed; and when word may have been lost, all look again.
 */
@Injectable()
export class ChallengeWaits implements OnModuleDestroy {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #subscription: Subscription;
  readonly #turns: (() => void)[] = [];
  #looks = 0;
  #isClosing = false;

  constructor(@Inject(Broadcast) broadcast: Broadcast) {
    this.#subscription = broadcast.subscribe(
      challengeChanged,
      ({ id }) => this.#tell(this.#waiters.get(id)),
      () => this.#onGap(),
    );
  }

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Looks until the challenge is no longer pending, or until the time; then answers what was seen last.
   * @param untilMs epoch milliseconds
   * @throws AppError `cancelled` when the client has gone
   */
  async settled<View extends { status: string }>(
    id: string,
    untilMs: number,
    signal: AbortSignal,
    look: () => Promise<View>,
  ): Promise<View> {
    const waiter = this.#register(id);
    try {
      for (;;) {
        waiter.hasNews = false;
        const view = await this.#inTurn(look);
        if (view.status !== 'pending' || Date.now() >= untilMs || this.#isClosing) return view;
        if (!waiter.hasNews) await this.#news(waiter, untilMs, signal);
        if (signal.aborted) throw new AppError('cancelled', 'the client has gone');
      }
    } finally {
      this.#forget(id, waiter);
    }
  }

  /** Before the server stops: all who wait are answered, and may ask another gateway. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    for (const waiters of this.#waiters.values()) this.#tell(waiters);
    await this.#subscription.close();
  }

  #news(waiter: Waiter, untilMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        waiter.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, untilMs - Date.now()));
      signal.addEventListener('abort', done, { once: true });
      waiter.wake = done;
      if (signal.aborted) done();
    });
  }

  #tell(waiters: Iterable<Waiter> | undefined): void {
    for (const waiter of waiters ?? []) {
      waiter.hasNews = true;
      waiter.wake?.();
    }
  }

  /** Called when the connection is lost, too: then looking would not help yet. */
  #onGap(): void {
    if (!this.#subscription.isLive) return;
    for (const waiters of this.#waiters.values()) this.#tell(waiters);
  }

  async #inTurn<T>(look: () => Promise<T>): Promise<T> {
    if (this.#looks >= maxLooks) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#looks += 1;
    try {
      return await look();
    } finally {
      const next = this.#turns.shift();
      if (next === undefined) this.#looks -= 1;
      else next();
    }
  }

  #register(id: string): Waiter {
    const waiter: Waiter = { hasNews: false, wake: undefined };
    const waiters = this.#waiters.get(id);
    if (waiters === undefined) this.#waiters.set(id, new Set([waiter]));
    else waiters.add(waiter);
    return waiter;
  }

  #forget(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(id);
  }
}
