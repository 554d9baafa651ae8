import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Caller } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';
import { DataKeyRotation } from './data-key-rotation.js';
import { VaultKeyPairs } from './vault-key-pairs.js';

const restMs = 5_000;
const retryMs = 1_000;

/**
 * What the keys need in the background: the first key pair of the deployment, and an end to every rotation that was begun by a request, or by
 * a command that was killed. Every vault runs one; none of this minds being done by two at once.
 */
@Injectable()
export class KeyKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #failing = false;

  constructor(
    @Inject(DataKeyRotation) private readonly rotation: DataKeyRotation,
    @Inject(VaultKeyPairs) private readonly keyPairs: VaultKeyPairs,
    @Inject('LOGGER') private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the row under way is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** One round. @param graceMs as `DataKeyRotation.finish` has it */
  async keep(graceMs?: number): Promise<void> {
    const caller = systemCaller('key-keeper');
    await this.keyPairs.ensure(caller);
    await this.keyPairs.destroyUnneeded(caller);
    if (!(await this.rotation.isUnderWay())) return;
    const startedAt = performance.now();
    const { resealed, destroyed, unopenable, kept } = await this.rotation.finish(caller, {
      signal: this.#closing.signal,
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    const fields = { resealed, destroyed, kept: kept.length, duration_ms: Math.round(performance.now() - startedAt) };
    if (kept.length === 0) this.logger.info('keys.rotated', fields);
    else this.logger.error('keys.still_needed', { ...fields, rows: [...unopenable].slice(0, 20) });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.keep();
        this.#failing = false;
      } catch (error) {
        if (!this.#failing && !signal.aborted) this.logger.error('keys.keeper_failing', {}, error);
        this.#failing = true;
      }
      await sleep(this.#failing ? retryMs : restMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** otpost itself, as the audit names it. */
export function systemCaller(id: string): Caller {
  return { actor: { kind: 'system', id }, ip: null, request_id: randomUUID() };
}
