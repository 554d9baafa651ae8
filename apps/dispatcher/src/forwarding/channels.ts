import { AppError } from '@otpost/contracts';
import type { ServiceConfig } from '@otpost/platform';
import { MailSender } from './mail-sender.js';
import { SendFailure, type Outgoing, type Via } from './outgoing.js';
import { SmsSender } from './sms-sender.js';

type Config = Pick<
  ServiceConfig<'dispatcher'>,
  | 'OTPOST_MAIL_FROM'
  | 'OTPOST_PUBLIC_URL'
  | 'OTPOST_SMS_FROM'
  | 'OTPOST_SMTP_RELAY_URL'
  | 'OTPOST_TWILIO_ACCOUNT_SID'
  | 'OTPOST_TWILIO_API_URL'
  | 'OTPOST_TWILIO_AUTH_TOKEN'
>;

/** The ways in which this deployment can write to people: whatever is configured. */
export class Channels {
  readonly #mail: MailSender | undefined;
  readonly #sms: SmsSender | undefined;

  constructor(private readonly config: Config) {
    const { OTPOST_SMTP_RELAY_URL: relayUrl, OTPOST_MAIL_FROM: mailFrom } = config;
    if (relayUrl !== undefined && mailFrom !== undefined) this.#mail = new MailSender(relayUrl, mailFrom);
    const { OTPOST_TWILIO_ACCOUNT_SID: sid, OTPOST_TWILIO_AUTH_TOKEN: token, OTPOST_SMS_FROM: smsFrom } = config;
    if (sid !== undefined && token !== undefined && smsFrom !== undefined)
      this.#sms = new SmsSender({ sid, token, from: smsFrom, apiUrl: config.OTPOST_TWILIO_API_URL });
  }

  has(via: Via): boolean {
    return (via === 'email' ? this.#mail : this.#sms) !== undefined;
  }

  /** @throws AppError `conflict`, which names what is not set */
  require(via: Via): void {
    const missing = this.#missing(via);
    if (missing.length === 0) return;
    const what = via === 'email' ? 'e-mail' : 'SMS';
    throw new AppError('conflict', `this deployment cannot send ${what} to people: set ${missing.join(', ')}`);
  }

  /** @throws SendFailure */
  async send(via: Via, outgoing: Outgoing): Promise<void> {
    const sender = via === 'email' ? this.#mail : this.#sms;
    if (sender === undefined) throw new SendFailure(`${via}_not_configured`, false);
    await sender.send(outgoing);
  }

  #missing(via: Via): string[] {
    const email = ['OTPOST_SMTP_RELAY_URL', 'OTPOST_MAIL_FROM'] as const;
    const sms = ['OTPOST_TWILIO_ACCOUNT_SID', 'OTPOST_TWILIO_AUTH_TOKEN', 'OTPOST_SMS_FROM'] as const;
    const needed = [...(via === 'email' ? email : sms), 'OTPOST_PUBLIC_URL' as const];
    return needed.filter((name) => this.config[name] === undefined);
  }
}
