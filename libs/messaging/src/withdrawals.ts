import type { ServiceName } from '@otpost/contracts';
import type { Messaging } from './messaging.js';
import type { PendingCall } from './pending-call.js';
import { Direction } from './wire.js';

/**
 * Requests that nobody waits for any more: taken out of the stream where they are still unread. All of one turn of the event loop leave
 * together. A courtesy: replicas drop what is too late by themselves.
 */
export class Withdrawals {
  private unread: PendingCall[] = [];
  private toStop: PendingCall[] = [];

  constructor(private readonly messaging: Messaging) {}

  /** @param options `isToStop`: a handler that has begun is told */
  add(call: PendingCall, { isToStop = false } = {}): void {
    if (this.unread.length === 0 && this.toStop.length === 0) setImmediate(() => this.flush());
    if (call.entryId !== '') this.unread.push(call);
    if (isToStop) this.toStop.push(call);
  }

  private flush(): void {
    const { commands, keys, sealer } = this.messaging;
    const { unread, toStop } = this;
    this.unread = [];
    this.toStop = [];
    if (!commands.ready) return;
    const entryIds = new Map<ServiceName, string[]>();
    for (const { contract, entryId } of unread) {
      entryIds.set(contract.service, [...(entryIds.get(contract.service) ?? []), entryId]);
    }
    for (const [service, ids] of entryIds) commands.client.xdel(keys.requests(service), ...ids).catch(() => undefined);
    for (const { contract, envelope } of toStop) {
      const frame = sealer.seal(Direction.cancel, envelope, '');
      commands.client.publish(keys.control(contract.service), frame).catch(() => undefined);
    }
  }
}
