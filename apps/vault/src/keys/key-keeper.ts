import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Caller } from '@otpost/contracts';
import { SweepLoop, type Logger } from '@otpost/platform';
import { DataKeyRotation } from './data-key-rotation.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const everyMs = 5_000;

/**
 * What the keys need in the background: the first key pair of the deployment, and an end to every rotation that was begun by a request, or by
 * a command that was killed. Every vault runs one; none of this minds being done by two at once.
 */
@Injectable()
export class KeyKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #loop: SweepLoop;

  constructor(
    @Inject(DataKeyRotation) private readonly rotation: DataKeyRotation,
    @Inject(VaultKeyPairs) private readonly keyPairs: VaultKeyPairs,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {
    this.#loop = new SweepLoop({ name: 'key_keeper', everyMs, sweep: (signal) => this.keep({ signal }), logger });
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves when the row under way is done. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  /** One round. The options are those of `DataKeyRotation.finish`. */
  async keep(options: { graceMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    const caller = systemCaller('key-keeper');
    await this.keyPairs.ensure(caller);
    await this.keyPairs.destroyUnneeded(caller);
    if (!(await this.rotation.isUnderWay())) return;
    const startedAt = performance.now();
    const { resealed, destroyed, unopenable, kept } = await this.rotation.finish(caller, options);
    const fields = { resealed, destroyed, kept: kept.length, duration_ms: Math.round(performance.now() - startedAt) };
    if (kept.length === 0) this.logger.info('keys.rotated', fields);
    else this.logger.error('keys.still_needed', { ...fields, rows: [...unopenable].slice(0, 20) });
  }
}

/** otpost itself, as the audit names it. */
export function systemCaller(id: string): Caller {
  return { actor: { kind: 'system', id }, ip: null, request_id: randomUUID() };
}
