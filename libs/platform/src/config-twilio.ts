import { z } from 'zod';
import { inboundFields } from './config-inbound.js';

const { OTPOST_PUBLIC_INGEST_URL, OTPOST_TWILIO_AUTH_TOKEN } = inboundFields;

/** Of the gateway: what it buys and connects phone numbers with. */
export const twilioFields = {
  OTPOST_PUBLIC_INGEST_URL,
  OTPOST_TWILIO_AUTH_TOKEN,
  OTPOST_TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9A-Za-z]{1,62}$/, 'must be an account SID, AC and 32 hex digits')
    .optional()
    .meta({
      description: 'The Twilio account that numbers are bought with. Default: none are.',
      example: 'AC<32 hex digits>',
    }),
  OTPOST_TWILIO_API_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: "In place of https://api.twilio.com: a test's own Twilio.",
      example: 'http://127.0.0.1:4010',
    }),
};
