import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { scope, workspaceView, type Actor } from '@otpost/contracts';
import { Database } from '@otpost/database';
import { viewOfSeat } from '../seats/seat-rows.js';
import { seatView } from '../seats/seat-schemas.js';

/** Who is signed in to the console. */
export const sessionView = z.object({
  workspace: workspaceView,
  /** Of the session's own access token. */
  key_id: z.string(),
  scopes: z.array(scope),
  /** Null: an API key signed in. */
  seat: seatView.pick({ seat_id: true, email: true, first_name: true, last_name: true }).nullable(),
});

/** The seat behind a session. */
@Injectable()
export class SeatView {
  constructor(@Inject(Database) private readonly database: Database) {}

  async of(workspaceId: string, actor: Actor): Promise<z.output<typeof sessionView>['seat']> {
    if (actor.kind !== 'seat') return null;
    const seat = await this.database.withWorkspace(workspaceId, (tx) =>
      tx.seat.findUnique({ where: { id: actor.id } }),
    );
    return seat === null ? null : viewOfSeat(seat);
  }
}
