import { z } from 'zod';
import type { ForwardingDestination } from '@otpost/contracts';
import { phoneNumber } from '../seats/seat-schemas.js';
import { uuid } from '../http/uuid.js';

const email = z.email().max(254);
const seatId = uuid();

/** An e-mail address, a phone number with its country code, or the id of a seat: each has a form that no other has. */
export const destinationField = z
  .string()
  .trim()
  .min(1)
  .max(320)
  .transform((text, context): ForwardingDestination => {
    const seat = seatId.safeParse(text);
    if (seat.success) return { kind: 'seat', value: seat.data.toLowerCase() };
    const number = phoneNumber.safeParse(text);
    if (number.success) return { kind: 'sms', value: number.data };
    if (email.safeParse(text).success) return { kind: 'email', value: withPlainDomain(text) };
    const message = 'must be an e-mail address, a phone number as +13125550142, or the id of a seat';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({ description: 'An e-mail address, a phone number in E.164, or the id of a seat.' });

/** Domains are alike in any case; what stands before the @ is its owner's to tell apart (RFC 5321 section 2.4). */
function withPlainDomain(address: string): string {
  const at = address.lastIndexOf('@');
  return address.slice(0, at) + address.slice(at).toLowerCase();
}
