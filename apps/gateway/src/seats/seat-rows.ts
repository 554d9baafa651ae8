import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { AppError, notFound, type Caller } from '@otpost/contracts';
import { appendAudit, Prisma, type Seat, type Transaction } from '@otpost/database';
import type { fullSeatView, newSeat, seatChange } from './seat-schemas.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A seat by its id or by its subject: both are names of it. */
export async function findSeat(tx: Transaction, name: string): Promise<Seat> {
  const seat = await tx.seat.findFirst({
    where: uuid.test(name) ? { OR: [{ id: name }, { subject: name }] } : { subject: name },
  });
  if (seat === null) throw notFound('seat');
  return seat;
}

export async function insertSeat(tx: Transaction, workspaceId: string, seat: z.output<typeof newSeat>): Promise<Seat> {
  const { email, subject = null, account = null, first_name = null, last_name = null, forwarding_number = null } = seat;
  const names = { subject, account, firstName: first_name, lastName: last_name, forwardingNumber: forwarding_number };
  return oneSubject(() => tx.seat.create({ data: { id: uuidv7(), workspaceId, email, ...names } }));
}

/** Only the fields sent change; null clears one. */
export async function changeSeat(tx: Transaction, id: string, change: z.output<typeof seatChange>): Promise<Seat> {
  const { email, subject, account, first_name, last_name, forwarding_number } = change;
  return oneSubject(() =>
    tx.seat.update({
      where: { id },
      data: {
        ...(email === undefined ? {} : { email }),
        ...(subject === undefined ? {} : { subject }),
        ...(account === undefined ? {} : { account }),
        ...(first_name === undefined ? {} : { firstName: first_name }),
        ...(last_name === undefined ? {} : { lastName: last_name }),
        ...(forwarding_number === undefined ? {} : { forwardingNumber: forwarding_number }),
      },
    }),
  );
}

export async function auditSeat(
  tx: Transaction,
  caller: Caller & { workspace_id: string },
  action: string,
  id: string,
): Promise<void> {
  await appendAudit(tx, {
    workspaceId: caller.workspace_id,
    actorKind: caller.actor.kind,
    actorId: caller.actor.id,
    action,
    resourceType: 'seat',
    resourceId: id,
    ip: caller.ip,
    requestId: caller.request_id,
  });
}

export function viewOfSeat(seat: Seat): z.output<typeof fullSeatView> {
  return {
    seat_id: seat.id,
    account: seat.account ?? '',
    email: seat.email,
    first_name: seat.firstName,
    last_name: seat.lastName,
    forwarding_number: seat.forwardingNumber,
    created_at: seat.createdAt.toISOString(),
    subject: seat.subject,
  };
}

async function oneSubject<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') {
      throw new AppError('already_exists', 'a seat with this subject exists already', {
        fields: [{ path: 'subject', message: 'taken' }],
        cause: error,
      });
    }
    throw error;
  }
}
