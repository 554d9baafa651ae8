import { Inject, Injectable } from '@nestjs/common';
import type { RequestOf, ResponseOf, Scope, signSeatIn } from '@otpost/contracts';
import type { SeatSignIn, Transaction } from '@otpost/database';
import { insertApiKey } from '../api-keys/api-key-rows.js';
import { KeyChanges } from '../api-keys/key-changes.js';

export type SeatSession = ResponseOf<typeof signSeatIn>;

/** Sessions of seats: keys that live for hours, may do what the seat may, and make no other keys. */
@Injectable()
export class SeatSessions {
  constructor(@Inject(KeyChanges) private readonly keyChanges: KeyChanges) {}

  /** What is long over of the same seat goes. */
  async start(
    tx: Transaction,
    { id: seatId, workspaceId, scopes }: SeatSignIn,
    { ttl_seconds }: Pick<RequestOf<typeof signSeatIn>, 'ttl_seconds'>,
    nowMs: number,
  ): Promise<SeatSession> {
    await tx.apiKey.deleteMany({ where: { seatId, expiresAt: { lt: new Date(nowMs) } } });
    const row = {
      name: 'console session',
      env: 'seat',
      scopes: scopes as Scope[],
      seatId,
      expiresAt: new Date(nowMs + ttl_seconds * 1_000),
    };
    const key = await insertApiKey(tx, workspaceId, row);
    return { seat_id: seatId, token: key.text, token_id: key.id, scopes: row.scopes };
  }

  /** Ends those that are there. @returns their ids, for `tell` once that is committed */
  async end(tx: Transaction, seatId: string): Promise<string[]> {
    const live = await tx.apiKey.findMany({ where: { seatId, revokedAt: null }, select: { id: true } });
    const ids = live.map(({ id }) => id);
    await tx.apiKey.updateMany({ where: { id: { in: ids } }, data: { revokedAt: new Date() } });
    return ids;
  }

  async tell(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.keyChanges.apiKeyRevoked(id);
  }
}
