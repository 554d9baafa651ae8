/** Runs many calls as few: whatever arrives while a batch is under way makes up the next one. */
export interface MicroBatchOptions<Request, Answer> {
  /** Answers `requests` in their order. When it fails, all of the batch fail. */
  run: (requests: readonly Request[]) => Promise<readonly Answer[]>;
  maxSize: number;
  /** Batches under way at once. */
  maxConcurrent: number;
}

interface Waiting<Request, Answer> {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: under load one statement and one commit serve dozens of reads, alone a read waits for nothing
 * but the end of the present turn of the event loop.
 */
export class MicroBatch<Request, Answer> {
  readonly #options: MicroBatchOptions<Request, Answer>;
  #waiting: Waiting<Request, Answer>[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(options: MicroBatchOptions<Request, Answer>) {
    this.#options = options;
  }

  add(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= this.#options.maxConcurrent) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const batch = this.#waiting.splice(0, this.#options.maxSize);
    if (batch.length === 0) return;
    this.#underWay += 1;
    void this.#run(batch).finally(() => {
      this.#underWay -= 1;
      if (this.#waiting.length > 0) this.#start();
    });
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #run(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map(({ request }) => request));
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (index < answers.length) resolve(answer as Answer);
        else reject(new RangeError('the batch was answered short'));
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
