/** What a rule is about, in words. */
export const channelNames = { email: 'mail', sms: 'SMS', both: 'mail and SMS' };
