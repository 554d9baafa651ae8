import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { z } from 'zod';
import { phoneNumberMode, phoneNumberView, secretText } from '@otpost/contracts';
import { uuid } from '../http/uuid.js';

/** E.164, however it was punctuated: any number that its country's plan has room for, also one that is not given out. */
const e164 = z
  .string()
  .max(40)
  .transform((text, context) => {
    const number = parsePhoneNumberFromString(text);
    if (number?.isPossible() === true) return number.number;
    context.addIssue({ code: 'custom', message: 'must be a phone number with its country code, as +13125550142' });
    return z.NEVER;
  });

const assignment = { mode: phoneNumberMode, credential_id: uuid().nullish() };

export const importedNumber = z.strictObject({
  e164,
  provider: z.literal('twilio').default('twilio'),
  /** With it the number's webhook is set at Twilio; without it Twilio is not called. */
  account_sid: z
    .string()
    .regex(/^AC[0-9A-Za-z]{1,62}$/, 'must be an account SID, AC and 32 hex digits')
    .nullish(),
  /** What Twilio signs this number's requests with. Without it: the deployment's. */
  auth_token: secretText.nullish(),
  ...assignment,
});
export type ImportedNumber = z.output<typeof importedNumber>;

export const wantedNumber = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be a country code of two letters (ISO 3166-1)')
    .toUpperCase(),
  area_code: z.coerce
    .string()
    .regex(/^[0-9]{1,6}$/, 'must be digits')
    .optional(),
  ...assignment,
});
export type WantedNumber = z.output<typeof wantedNumber>;

export const numberChange = z.strictObject({
  mode: phoneNumberMode.optional(),
  credential_id: uuid().nullish(),
});

/** Null: this gateway is not told the ingestor's URL. */
export const shownNumber = phoneNumberView.extend({ webhook_url: z.string().nullable() });
