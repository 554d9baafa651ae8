import type { Secret } from '@otpost/envelope';
import { createTransport, type Transporter } from 'nodemailer';
import { markerHeader } from './loop-marks.js';
import { SendFailure, type Outgoing } from './outgoing.js';

/** Of each step; together they end before the lease of a job does. */
const timeouts = { dnsTimeout: 5_000, connectionTimeout: 5_000, greetingTimeout: 10_000, socketTimeout: 10_000 };
const longestMs = 20_000;

/** What nodemailer tells of a failure, as far as it may be told on. */
interface MailError {
  code?: string;
  command?: string;
  responseCode?: number;
}

/** E-mail through the relay of the deployment. */
export class MailSender {
  readonly #transport: Transporter;
  readonly #domain: string;

  constructor(
    relayUrl: Secret,
    private readonly from: string,
  ) {
    this.#transport = createTransport({
      url: relayUrl.reveal(),
      ...timeouts,
      // A text from outside is a text: nothing in it is read from disk or fetched.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.#domain = from.slice(from.lastIndexOf('@') + 1);
  }

  /** @throws SendFailure */
  async send({ id, to, writing, isCopy }: Outgoing): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SendFailure('smtp_timeout', false)), longestMs);
    });
    const sending = this.#transport.sendMail({
      from: { name: 'otpost', address: this.from },
      to: { name: '', address: to },
      subject: writing.subject ?? '',
      text: writing.text,
      messageId: `<${id}@${this.#domain}>`,
      headers: { 'Auto-Submitted': isCopy ? 'auto-forwarded' : 'auto-generated', [markerHeader]: '1' },
    });
    try {
      await Promise.race([sending, tooLate]);
    } catch (error) {
      throw error instanceof SendFailure ? error : failureOf(error as MailError);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A relay that refuses the recipient or the mail for good will do so again; any other trouble may pass, or be repaired. */
function failureOf({ code, command, responseCode }: MailError): SendFailure {
  const isOfThisMail = command === 'RCPT TO' || command === 'DATA' || code === 'EMESSAGE';
  const isPermanent = responseCode !== undefined && responseCode >= 500 && isOfThisMail;
  const reason = responseCode === undefined ? (code ?? 'error').toLowerCase() : String(responseCode);
  return new SendFailure(`smtp_${reason}`, isPermanent);
}
