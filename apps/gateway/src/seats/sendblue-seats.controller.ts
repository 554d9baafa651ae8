import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '@otpost/database';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { findSeat, viewOfSeat } from './seat-rows.js';
import { seatView } from './seat-schemas.js';

const tag = 'Sendblue: seats';
const access = 'vault:read';
const email = z.string().max(254).optional();

const list = defineEndpoint({
  method: 'GET',
  path: '/api/v2/seats',
  access,
  tag,
  summary: 'List seats',
  query: z.strictObject({
    email,
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  }),
  response: z.array(seatView),
});

const count = defineEndpoint({
  method: 'GET',
  path: '/api/v2/seats/count',
  access,
  tag,
  summary: 'Count seats',
  query: z.strictObject({ email }),
  response: z.object({ count: z.int() }),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/api/v2/seats/:id',
  access,
  tag,
  summary: 'Read a seat, by its id or its subject',
  params: z.strictObject({ id: z.string().min(1).max(255) }),
  response: z.object({ status: z.literal('OK'), seat: seatView }),
});

/** Sendblue's Seats API: its clients work here unchanged. */
@Controller()
export class SendblueSeatsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Handles(list)
  async list(@CallOf() { caller }: Call, @Input() { query }: InputOf<typeof list>) {
    const rows = await this.database.withWorkspace(caller.workspace_id, (tx) =>
      tx.seat.findMany({
        where: whereEmail(query.email),
        orderBy: { id: 'asc' },
        take: query.limit,
        skip: query.offset,
      }),
    );
    return rows.map(viewOfSeat);
  }

  @Handles(count)
  async count(@CallOf() { caller }: Call, @Input() { query }: InputOf<typeof count>) {
    return {
      count: await this.database.withWorkspace(caller.workspace_id, (tx) =>
        tx.seat.count({ where: whereEmail(query.email) }),
      ),
    };
  }

  @Handles(read)
  async read(@CallOf() { caller }: Call, @Input() { params }: InputOf<typeof read>) {
    const seat = await this.database.withWorkspace(caller.workspace_id, (tx) => findSeat(tx, params.id));
    return { status: 'OK' as const, seat: viewOfSeat(seat) };
  }
}

/** An address's case means nothing to whoever looks for it. */
function whereEmail(address: string | undefined) {
  return address === undefined ? {} : { email: { equals: address, mode: 'insensitive' as const } };
}
