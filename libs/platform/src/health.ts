import { Controller, Get, HttpCode, Inject, Res } from '@nestjs/common';

/** One thing a service needs. `check` rejects when it is not there. */
export interface ReadinessCheck {
  name: string;
  check: (signal: AbortSignal) => Promise<void>;
}

const checkTimeoutMs = 1_000;

/** Whether this replica is on its way out: then it is alive, and not ready for anything new. */
export class Readiness {
  #isStopping = false;
  #checks: readonly ReadinessCheck[] = [];

  /** What is needed to be ready. */
  watch(checks: readonly ReadinessCheck[]): void {
    this.#checks = checks;
  }

  /** From now on `/readyz` answers 503, so that a load balancer turns elsewhere. */
  stop(): void {
    this.#isStopping = true;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Names what is missing; empty when everything is there. Asks each need for real, at most a second each, all at once. */
  async missing(): Promise<string[]> {
    if (this.#isStopping) return ['stopping'];
    const outcomes = await Promise.all(
      this.#checks.map(async ({ name, check }) => {
        const signal = AbortSignal.timeout(checkTimeoutMs);
        const timedOut = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true });
        });
        try {
          await Promise.race([check(signal), timedOut]);
          return undefined;
        } catch {
          return name;
        }
      }),
    );
    return outcomes.filter((name) => name !== undefined);
  }
}

interface StatusReply {
  code(status: number): { send(body: unknown): void };
}

@Controller()
export class HealthController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  /** Alive: the event loop turns. A failing need is no reason to be restarted. */
  @Get('healthz')
  @HttpCode(200)
  healthz(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async readyz(@Res() reply: StatusReply): Promise<void> {
    const missing = await this.readiness.missing();
    if (missing.length === 0) reply.code(200).send({ status: 'ready' });
    else reply.code(503).send({ status: 'not_ready', missing });
  }
}
