/** The longest a timer of Node waits. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Wakes when the earliest of many deadlines has passed. One timer for all: setting and clearing one for each of thousands of
 * requests a second would cost more than looking through what is under way when a deadline passes.
 */
export class Deadlines {
  private timer: NodeJS.Timeout | undefined;
  private wakesAt = Infinity;

  /** `expire` deals with everything due at `now` and returns the earliest deadline left, or Infinity. Times are epoch ms. */
  constructor(
    private readonly now: () => number,
    private readonly expire: (now: number) => number,
  ) {}

  add(deadline: number): void {
    if (deadline < this.wakesAt) this.arm(deadline);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.wakesAt = Infinity;
  }

  private arm(deadline: number): void {
    clearTimeout(this.timer);
    this.wakesAt = deadline;
    const waitMs = Math.min(Math.max(deadline - this.now(), 0) + 1, longestTimerMs);
    this.timer = setTimeout(() => this.wake(), waitMs);
  }

  private wake(): void {
    this.wakesAt = Infinity;
    const next = this.expire(this.now());
    if (next !== Infinity) this.add(next);
  }
}
