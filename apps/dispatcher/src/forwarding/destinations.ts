import { Inject, Injectable } from '@nestjs/common';
import { fieldError, type ForwardingDestination } from '@otpost/contracts';
import { Database, isOwnPhoneNumber, type ForwardingKind, type Transaction } from '@otpost/database';
import { Channels } from './channels.js';
import { viaOf, type Via } from './outgoing.js';

export interface Resolved {
  kind: ForwardingKind;
  seatId: string | null;
  /** Address or number. */
  destination: string;
}

/** Ways back into this deployment, which are no destination. */
export interface OwnAddresses {
  inboxDomain: string;
  smsFrom: string | undefined;
}

interface Reachable {
  email: string;
  forwardingNumber: string | null;
}

/** Where may be written to. */
@Injectable()
export class Destinations {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Channels) private readonly channels: Channels,
    @Inject('OWN_ADDRESSES') private readonly own: OwnAddresses,
  ) {}

  /** @throws AppError `validation_failed` for one that cannot be; `conflict` where this deployment cannot send there */
  async resolve(tx: Transaction, { kind, value }: ForwardingDestination): Promise<Resolved> {
    const resolved = kind === 'seat' ? await this.#ofSeat(tx, value) : { kind, seatId: null, destination: value };
    this.channels.require(viaOf(resolved.destination));
    if (await this.isOurs(resolved.destination))
      throw fieldError('destination', 'is an address of this deployment: what is sent there would come back');
    return resolved;
  }

  /** A human of the workspace: their number, where they have one and SMS can be sent, else their address. */
  addressOf(seat: Reachable): string {
    return seat.forwardingNumber !== null && this.channels.has('sms') ? seat.forwardingNumber : seat.email;
  }

  /** Where a rule's seat is written to now; null: where the rule says, which still is the seat's own. */
  movedTo({ destination, seat }: { destination: string; seat: Reachable | null }): string | null {
    if (seat === null || destination === seat.email || destination === seat.forwardingNumber) return null;
    return this.addressOf(seat);
  }

  async isOurs(destination: string): Promise<boolean> {
    if (viaOf(destination) === 'sms')
      return destination === this.own.smsFrom || isOwnPhoneNumber(this.database.pool, destination);
    const domain = destination.slice(destination.lastIndexOf('@') + 1).toLowerCase();
    return domain === this.own.inboxDomain || domain.endsWith(`.${this.own.inboxDomain}`);
  }

  canSend(via: Via): boolean {
    return this.channels.has(via);
  }

  async #ofSeat(tx: Transaction, seatId: string): Promise<Resolved> {
    const seat = await tx.seat.findUnique({
      where: { id: seatId },
      select: { email: true, forwardingNumber: true },
    });
    if (seat === null) throw fieldError('destination', `there is no seat ${seatId}`);
    return { kind: 'seat', seatId, destination: this.addressOf(seat) };
  }
}
