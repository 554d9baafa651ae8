import { Controller, Inject } from '@nestjs/common';
import {
  beginSeatSetup,
  confirmSeatSetup,
  inviteSeat,
  listSeatSignIns,
  removeSeatSignIn,
  signSeatIn,
  type RequestOf,
  type ResponseOf,
} from '@otpost/contracts';
import { Database } from '@otpost/database';
import { Rpc } from '@otpost/messaging';
import { recordAudit } from '../audit/record-audit.js';
import { InviteSeat } from './invite-seat.js';
import { viewOfSeatSignIn } from './seat-sign-in-rows.js';
import { SeatSessions } from './seat-sessions.js';
import { SetUpSignIn } from './set-up-sign-in.js';
import { SignSeatIn } from './sign-seat-in.js';

/** How the people of a workspace sign in to its console. */
@Controller()
export class SeatSignInsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(InviteSeat) private readonly inviteSeat: InviteSeat,
    @Inject(SetUpSignIn) private readonly setUp: SetUpSignIn,
    @Inject(SignSeatIn) private readonly signSeatIn: SignSeatIn,
    @Inject(SeatSessions) private readonly sessions: SeatSessions,
  ) {}

  @Rpc(inviteSeat)
  async invite(request: RequestOf<typeof inviteSeat>): Promise<ResponseOf<typeof inviteSeat>> {
    return this.inviteSeat.run(request);
  }

  @Rpc(beginSeatSetup)
  async begin(request: RequestOf<typeof beginSeatSetup>): Promise<ResponseOf<typeof beginSeatSetup>> {
    return this.setUp.begin(request);
  }

  @Rpc(confirmSeatSetup)
  async confirm(request: RequestOf<typeof confirmSeatSetup>): Promise<ResponseOf<typeof confirmSeatSetup>> {
    return this.setUp.confirm(request);
  }

  @Rpc(signSeatIn)
  async signIn(request: RequestOf<typeof signSeatIn>): Promise<ResponseOf<typeof signSeatIn>> {
    return this.signSeatIn.run(request);
  }

  @Rpc(listSeatSignIns)
  async list({ workspace_id, page }: RequestOf<typeof listSeatSignIns>): Promise<ResponseOf<typeof listSeatSignIns>> {
    const rows = await this.database.withWorkspace(workspace_id, (tx) =>
      tx.seatSignIn.findMany({
        ...(page.cursor == null ? {} : { where: { id: { gt: page.cursor } } }),
        orderBy: { id: 'asc' },
        take: page.limit + 1,
      }),
    );
    const items = rows.slice(0, page.limit).map((row) => viewOfSeatSignIn(row, Date.now()));
    return { items, next_cursor: rows.length > page.limit ? (items.at(-1)?.seat_id ?? null) : null };
  }

  @Rpc(removeSeatSignIn)
  async remove(request: RequestOf<typeof removeSeatSignIn>): Promise<ResponseOf<typeof removeSeatSignIn>> {
    const { workspace_id: workspaceId, seat_id: id } = request;
    let ended: string[] = [];
    const removed = await this.database.withWorkspace(workspaceId, async (tx) => {
      ended = await this.sessions.end(tx, id);
      const { count } = await tx.seatSignIn.deleteMany({ where: { id } });
      const resource = { type: 'seat', id };
      if (count > 0) await recordAudit(tx, request, { workspaceId, action: 'seat.sign_in_removed', resource });
      return count > 0;
    });
    await this.sessions.tell(ended);
    return { removed };
  }
}
