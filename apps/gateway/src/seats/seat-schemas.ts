import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import { uuid } from '../http/uuid.js';

/** E.164, however it was punctuated; refused when no such number can exist. */
export const phoneNumber = z
  .string()
  .max(40)
  .transform((text, context) => {
    const number = parsePhoneNumberFromString(text);
    if (number?.isValid() === true) return number.number;
    context.addIssue({ code: 'custom', message: 'must be a phone number with its country code, as +13125550142' });
    return z.NEVER;
  });

const name = z.string().trim().max(200).nullish();

/** A human of the workspace. */
export const newSeat = z.strictObject({
  email: z.email().max(254),
  first_name: name,
  last_name: name,
  account: name,
  /** The identity provider's name for them: accepted in place of the id. */
  subject: z.string().trim().min(1).max(255).nullish(),
  forwarding_number: phoneNumber.nullish(),
});

export const seatChange = newSeat.partial();

/** A seat as Sendblue's clients know it. */
export const seatView = z.object({
  seat_id: uuid(),
  account: z.string(),
  email: z.string(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  forwarding_number: z.string().nullable(),
  created_at: z.iso.datetime(),
});

/** The same with what only otpost has. */
export const fullSeatView = seatView.extend({ subject: z.string().nullable() });
