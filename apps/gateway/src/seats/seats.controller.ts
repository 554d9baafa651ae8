import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { notFound, pageOf, pageRequest, removeSeatSignIn } from '@otpost/contracts';
import { Database, runIdempotently } from '@otpost/database';
import { RpcClient } from '@otpost/messaging';
import { KeyCache } from '../authentication/api-keys.js';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { auditSeat, changeSeat, findSeat, insertSeat, viewOfSeat } from './seat-rows.js';
import { fullSeatView, newSeat, seatChange } from './seat-schemas.js';

const tag = 'Seats';
const access = 'admin';
const byId = z.strictObject({ id: z.string().min(1).max(255) });

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/seats',
  access,
  tag,
  summary: 'Add a human of the workspace',
  body: newSeat,
  response: fullSeatView,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/seats',
  access,
  tag,
  summary: 'List seats',
  query: z.strictObject(pageRequest.shape),
  response: pageOf(fullSeatView),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/seats/:id',
  access,
  tag,
  summary: 'Read a seat, by its id or its subject',
  params: byId,
  response: fullSeatView,
});

const update = defineEndpoint({
  method: 'PATCH',
  path: '/v1/seats/:id',
  access,
  tag,
  summary: 'Change a seat; only the fields sent change',
  params: byId,
  body: seatChange,
  response: fullSeatView,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/seats/:id',
  access,
  tag,
  summary: 'Remove a seat',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

/** Humans of the workspace, for whoever administers it. */
@Controller()
export class SeatsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(KeyCache) private readonly keys: KeyCache,
  ) {}

  @Handles(create)
  async create(@CallOf() { caller, idempotency }: Call, @Input() { body }: InputOf<typeof create>) {
    const workspaceId = caller.workspace_id;
    return this.database.withWorkspace(workspaceId, async (tx) => {
      const make = async () => {
        const seat = await insertSeat(tx, workspaceId, body);
        await auditSeat(tx, caller, 'seat.created', seat.id);
        return { status: 201, resourceId: seat.id };
      };
      const { resourceId } =
        idempotency === null
          ? await make()
          : await runIdempotently(
              tx,
              {
                workspaceId,
                route: idempotency.route,
                key: idempotency.key,
                bodyHmac: Buffer.from(idempotency.body_hmac, 'hex'),
                now: new Date(),
              },
              make,
            );
      return viewOfSeat(await findSeat(tx, resourceId ?? ''));
    });
  }

  @Handles(list)
  async list(@CallOf() { caller }: Call, @Input() { query }: InputOf<typeof list>) {
    const rows = await this.database.withWorkspace(caller.workspace_id, (tx) =>
      tx.seat.findMany({
        ...(query.cursor == null ? {} : { where: { id: { gt: query.cursor } } }),
        orderBy: { id: 'asc' },
        take: query.limit + 1,
      }),
    );
    const items = rows.slice(0, query.limit).map(viewOfSeat);
    return { items, next_cursor: rows.length > query.limit ? (items.at(-1)?.seat_id ?? null) : null };
  }

  @Handles(read)
  async read(@CallOf() { caller }: Call, @Input() { params }: InputOf<typeof read>) {
    return viewOfSeat(await this.database.withWorkspace(caller.workspace_id, (tx) => findSeat(tx, params.id)));
  }

  @Handles(update)
  async update(@CallOf() { caller }: Call, @Input() { params, body }: InputOf<typeof update>) {
    return this.database.withWorkspace(caller.workspace_id, async (tx) => {
      const { id } = await findSeat(tx, params.id);
      const seat = await changeSeat(tx, id, body);
      await auditSeat(tx, caller, 'seat.updated', id);
      return viewOfSeat(seat);
    });
  }

  @Handles(remove)
  async remove(@CallOf() { caller }: Call, @Input() { params }: InputOf<typeof remove>) {
    const seat = await this.database.withWorkspace(caller.workspace_id, (tx) => findSeat(tx, params.id));
    // First, so that every gateway is told of the sessions that end: with the seat's row they would go in silence.
    await this.rpc.call(removeSeatSignIn, { ...caller, seat_id: seat.id });
    this.keys.forgetAll();
    await this.database.withWorkspace(caller.workspace_id, async (tx) => {
      const { id } = seat;
      const { count } = await tx.seat.deleteMany({ where: { id } });
      if (count === 0) throw notFound('seat');
      await auditSeat(tx, caller, 'seat.removed', id);
    });
    return { success: true as const };
  }
}
