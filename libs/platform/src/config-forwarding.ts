import { z } from 'zod';
import { secretText } from './config-fields.js';
import { twilioFields } from './config-twilio.js';

const { OTPOST_TWILIO_ACCOUNT_SID, OTPOST_TWILIO_API_URL, OTPOST_TWILIO_AUTH_TOKEN } = twilioFields;

/** Of the dispatcher: how it writes to people. */
export const forwardingFields = {
  OTPOST_SMTP_RELAY_URL: secretText(z.string().regex(/^smtps?:\/\/./, 'must start with smtp:// or smtps://'))
    .optional()
    .meta({
      description: 'The relay that e-mail to people goes out by, with its login. STARTTLS where it is offered.',
      example: 'smtp://user:password@smtp.example.com:587',
      secret: true,
    }),
  OTPOST_MAIL_FROM: z.email().max(254).optional().meta({
    description: 'The sender of e-mail to people. Not at OTPOST_INBOX_DOMAIN: bounces go there.',
    example: 'otpost@example.com',
  }),
  OTPOST_SMS_FROM: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164, as +13125550142')
    .optional()
    .meta({ description: 'The number of the Twilio account that SMS to people go out by.', example: '+13125550142' }),
  OTPOST_TWILIO_ACCOUNT_SID,
  OTPOST_TWILIO_AUTH_TOKEN,
  OTPOST_TWILIO_API_URL,
};
