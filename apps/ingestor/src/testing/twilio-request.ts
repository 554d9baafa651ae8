import { randomBytes } from 'node:crypto';
import twilio from 'twilio';
import { twilioToken } from './test-ingestor.js';

/** The parameters of an incoming message, as Twilio's documents list them. */
export function smsParameters(
  to: string,
  body: string,
  overrides: Record<string, string> = {},
): Record<string, string> {
  const sid = `SM${randomBytes(16).toString('hex')}`;
  return {
    ToCountry: 'US',
    MessageSid: sid,
    SmsSid: sid,
    SmsMessageSid: sid,
    NumMedia: '0',
    NumSegments: '1',
    SmsStatus: 'received',
    AccountSid: `AC${'0'.repeat(32)}`,
    ApiVersion: '2010-04-01',
    From: '+13125550142',
    To: to,
    Body: body,
    ...overrides,
  };
}

/** Posts as Twilio does, signed by its own library over the URL that was configured there. */
export function postSms(
  baseUrl: string,
  parameters: Record<string, string>,
  { token = twilioToken, signedUrl = `${baseUrl}/inbound/twilio/sms`, query = '' } = {},
): Promise<Response> {
  const signature = twilio.getExpectedTwilioSignature(token, signedUrl + query, parameters);
  return fetch(`${baseUrl}/inbound/twilio/sms${query}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'x-twilio-signature': signature,
      'i-twilio-idempotency-token': 'x',
    },
    body: new URLSearchParams(parameters).toString(),
  });
}
