import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { EventContract, RpcContract } from '@otpost/contracts';
import type { RpcClient } from './rpc-client.js';

export interface RpcClientProxyOptions {
  client: RpcClient;
  contracts: readonly (RpcContract | EventContract)[];
}

/**
 * The same client in the shape Nest's own clients have, `send(pattern, payload)` and `emit(pattern, payload)`, for what expects one:
 * `ClientsModule.register([{ name, customClass: RpcClientProxy, options }])`. To unsubscribe is to cancel. `RpcClient` is typed and
 * costs less.
 */
export class RpcClientProxy extends ClientProxy {
  constructor(private readonly options: RpcClientProxyOptions) {
    super();
  }

  /** Nothing to do: the client connects by itself. */
  async connect(): Promise<void> {}

  /** Nothing to do: the client is closed by whoever made it. */
  close(): void {}

  unwrap<T>(): T {
    return this.options.client as T;
  }

  protected publish(packet: ReadPacket<unknown>, callback: (packet: WritePacket) => void): () => void {
    const contract = this.contract(packet.pattern);
    if (contract.kind !== 'rpc') throw new TypeError(`${contract.pattern} is an event`);
    const cancelling = new AbortController();
    this.options.client.call(contract, packet.data, { signal: cancelling.signal }).then(
      (response) => callback({ response, isDisposed: true }),
      (err: unknown) => callback({ err }),
    );
    return () => cancelling.abort();
  }

  protected async dispatchEvent<T>(packet: ReadPacket<unknown>): Promise<T> {
    const contract = this.contract(packet.pattern);
    if (contract.kind !== 'event') throw new TypeError(`${contract.pattern} is a request`);
    return (await this.options.client.emit(contract, packet.data)) as T;
  }

  private contract(pattern: unknown): RpcContract | EventContract {
    const contract = this.options.contracts.find((each) => each.pattern === pattern);
    if (contract === undefined) throw new TypeError('no contract has this pattern');
    return contract;
  }
}
