import { AppError } from '@otpost/contracts';
import type { ServiceConfig } from '@otpost/platform';
import type { TwilioAccount } from './twilio-numbers.js';

type Config = Pick<
  ServiceConfig<'gateway'>,
  'OTPOST_PUBLIC_INGEST_URL' | 'OTPOST_TWILIO_ACCOUNT_SID' | 'OTPOST_TWILIO_AUTH_TOKEN'
>;

/** What this deployment has of Twilio: an account of its own, and where Twilio's requests are to go. */
export class TwilioOptions {
  constructor(private readonly config: Config) {}

  /** Where Twilio posts SMS to; null: this gateway is not told. */
  get webhookUrl(): string | null {
    const url = this.config.OTPOST_PUBLIC_INGEST_URL;
    return url === undefined ? null : `${url.replace(/\/+$/, '')}/inbound/twilio/sms`;
  }

  /** @throws AppError `conflict` */
  requireWebhookUrl(): string {
    if (this.webhookUrl === null)
      throw new AppError(
        'conflict',
        'this deployment does not say where Twilio finds it: set OTPOST_PUBLIC_INGEST_URL',
      );
    return this.webhookUrl;
  }

  /** The account that numbers are bought with. @throws AppError `conflict` */
  requireAccount(): TwilioAccount {
    const { OTPOST_TWILIO_ACCOUNT_SID: sid, OTPOST_TWILIO_AUTH_TOKEN: authToken } = this.config;
    if (sid === undefined || authToken === undefined)
      throw new AppError(
        'conflict',
        'this deployment has no Twilio account: set OTPOST_TWILIO_ACCOUNT_SID and OTPOST_TWILIO_AUTH_TOKEN',
      );
    return { sid, authToken };
  }

  /** An account that was named without its token: the deployment's own, or undefined. */
  ownAccount(sid: string): TwilioAccount | undefined {
    const { OTPOST_TWILIO_ACCOUNT_SID: own, OTPOST_TWILIO_AUTH_TOKEN: authToken } = this.config;
    return own === sid && authToken !== undefined ? { sid, authToken } : undefined;
  }
}
