import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { apiKeysUsed } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';

const flushIntervalMs = 10_000;

/** When each key was used last, told to the vault every ten seconds instead of once a request. */
@Injectable()
export class KeyUses implements OnApplicationShutdown {
  readonly #uses = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {
    this.#timer = setInterval(() => void this.#flush(), flushIntervalMs).unref();
  }

  record(keyId: string): void {
    this.#uses.set(keyId, Date.now());
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const uses = [...this.#uses].slice(0, 10_000).map(([id, at_ms]) => ({ id, at_ms }));
    if (uses.length === 0) return;
    this.#uses.clear();
    // A use that is not recorded is no reason to trouble anyone: the next one is.
    await this.rpc.emit(apiKeysUsed, { uses }).catch(() => undefined);
  }
}
