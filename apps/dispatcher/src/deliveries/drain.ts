import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@otpost/database';
import type { Clock } from '../clock.js';
import type { AttemptDelivery, EndpointToSend } from './attempt-delivery.js';
import { disableEndpoint } from './disable-endpoint.js';
import { healthAfter, reasonToDisable, type EndpointHealth } from './endpoint-health.js';
import { recordAttempts, type Attempt } from './record-attempts.js';
import { nextAttemptAt } from './retry-schedule.js';
import { takeDeliveries, type TakenDelivery } from './take-deliveries.js';

export interface DrainOptions {
  database: Database;
  attempts: AttemptDelivery;
  now: Clock;
  endpoint: EndpointToSend & { failingSince: Date | null };
  /** Requests under way at once. It begins with a few, and has one more for each success: a hanging endpoint never gets many. */
  window: number;
  /** Takes no more deliveries once this says so. */
  isOver: (health: EndpointHealth) => boolean;
}

const firstWindow = 4;
/** While requests are under way and nothing more was due: how soon to look again, longer each time. */
const lookAgainMs = { shortest: 250, longest: 4_000 };
/** How often writing results down is tried, a second apart, before they are given up to the end of their leases. */
const writeTries = 10;
const writeRetryMs = 1_000;
/** What was taken ahead and not begun by then is left to the end of its lease: the endpoint has become slow, and an attempt takes time too. */
const mostAheadMs = 5_000;

/**
 * Sends what is due of one endpoint, a bounded number at once. Results are written down while the next deliveries are taken, and meanwhile
 * more results gather for the next time: the faster the endpoint, the more go into each. Once it has shown that it answers, as many
 * as may be under way are taken ahead, so that none of its connections waits for the database.
 */
export class Drain {
  health: EndpointHealth;
  attempted = 0;
  succeeded = 0;
  isDisabled = false;
  readonly #options: DrainOptions;
  #finished: Attempt[] = [];
  #ahead: TakenDelivery[] = [];
  #aheadUntil = 0;
  #inFlight = 0;
  #lookAgainMs = lookAgainMs.shortest;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.health = { failingSince: options.endpoint.failingSince, failuresInRow: 0 };
  }

  /** Resolves when nothing is under way and nothing due is left to take, or may be taken. */
  async run(): Promise<void> {
    for (;;) {
      const room = this.#mayTake() ? this.#window + this.#mostAhead - this.#inFlight - this.#ahead.length : 0;
      const taken = await this.#writeAndTake(room);
      if (taken.length > 0) {
        this.#ahead.push(...taken);
        this.#aheadUntil = performance.now() + mostAheadMs;
      }
      this.#begin();
      this.#lookAgainMs =
        taken.length > 0 ? lookAgainMs.shortest : Math.min(2 * this.#lookAgainMs, lookAgainMs.longest);
      if (this.#inFlight === 0 && this.#finished.length === 0) break;
      await this.#something(taken.length < room);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  get #window(): number {
    return Math.min(this.#options.window, firstWindow + this.succeeded);
  }

  get #mostAhead(): number {
    return this.succeeded < this.#options.window ? 0 : this.#options.window;
  }

  #begin(): void {
    if (this.isDisabled || this.#failure !== undefined || performance.now() > this.#aheadUntil) this.#ahead = [];
    for (const delivery of this.#ahead.splice(0, this.#window - this.#inFlight)) void this.#attempt(delivery);
  }

  #mayTake(): boolean {
    return !this.isDisabled && this.#failure === undefined && !this.#options.isOver(this.health);
  }

  async #attempt(delivery: TakenDelivery): Promise<void> {
    const { attempts, endpoint, now } = this.#options;
    this.#inFlight += 1;
    try {
      const attempt = await attempts.attempt(endpoint, delivery, 'schedule');
      const { success, status, retryAfterMs } = attempt.answer;
      const timing = { nowMs: now(), retryAfterMs, random: Math.random() };
      const next = success ? null : nextAttemptAt(delivery.attemptCount + 1, timing);
      const state = status === 410 ? 'held' : next === null ? 'failed' : 'pending';
      this.#finished.push({ ...attempt, onFailure: { state, nextAttemptAtMs: state === 'pending' ? next : null } });
      this.attempted += 1;
      if (success) this.succeeded += 1;
    } catch (error) {
      // Nothing to sign with. The lease ends by itself.
      this.#failure = error as Error;
    }
    this.#inFlight -= 1;
    this.#begin();
    this.#wake();
  }

  /** Until an attempt ends; and, with `orSoon`, not for long. */
  async #something(orSoon: boolean): Promise<void> {
    if (this.#finished.length > 0 || this.#inFlight === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (orSoon) timer = setTimeout(resolve, this.#lookAgainMs);
    });
    clearTimeout(timer);
  }

  /** Side by side; but a failure may be the reason to take no more. */
  async #writeAndTake(room: number): Promise<TakenDelivery[]> {
    const finished = this.#finished;
    this.#finished = [];
    const written = this.#keepWriting(finished);
    if (finished.some(({ answer }) => !answer.success)) await written;
    const [taken] = await Promise.all([this.#mayTake() ? this.#take(room) : [], written]);
    return taken;
  }

  async #keepWriting(finished: readonly Attempt[]): Promise<void> {
    if (finished.length === 0) return;
    const health = healthAfter(this.health, finished);
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#write(finished, health);
        this.health = health;
        return;
      } catch (error) {
        if (tries === writeTries) {
          // What was taken ahead is not begun any more: nothing could be written down of it either.
          this.#failure = error as Error;
          throw error;
        }
        await sleep(writeRetryMs);
      }
    }
  }

  /** Attempts first: should this process end here, what they say of the endpoint is seen again at the next ones. */
  async #write(finished: readonly Attempt[], health: EndpointHealth): Promise<void> {
    const { database, endpoint, now } = this.#options;
    const { id: endpointId, workspaceId } = endpoint;
    await recordAttempts(database.pool, workspaceId, finished);
    const at = new Date(now());
    const reason = reasonToDisable(health, finished, at.getTime());
    if (reason === null && health.failingSince?.getTime() === this.health.failingSince?.getTime()) return;
    await database.withWorkspace(workspaceId, async (tx) => {
      await tx.$executeRaw`
        UPDATE webhook_endpoint SET failing_since = ${health.failingSince}::timestamptz WHERE id = ${endpointId}::uuid`;
      if (reason !== null) await disableEndpoint(tx, { workspaceId, endpointId, reason, now: at });
    });
    if (reason !== null) this.isDisabled = true;
  }

  async #take(limit: number): Promise<TakenDelivery[]> {
    if (limit === 0) return [];
    const { database, endpoint, now } = this.#options;
    const { id: endpointId, workspaceId } = endpoint;
    try {
      return await takeDeliveries(database.pool, { workspaceId, endpointId, limit, now: new Date(now()) });
    } catch (error) {
      // What is under way is still written down.
      this.#failure = error as Error;
      return [];
    }
  }
}
