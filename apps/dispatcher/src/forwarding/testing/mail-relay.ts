import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface RelayedMail {
  to: string[];
  subject: string;
  text: string;
  messageId: string;
  header(name: string): string;
}

/** A relay as deployments have one: takes mail with a login, and keeps it for the spec to read. */
export class MailRelay {
  readonly mails: RelayedMail[] = [];
  /** Mails that it was given, whatever it answered. */
  attempts = 0;
  /** How it answers the next mails: an SMTP status, or never. */
  refuseWith: number | 'silence' | undefined;
  #server: SMTPServer | undefined;
  #port = 0;

  get url(): string {
    return `smtp://relay:hunter22@127.0.0.1:${this.#port}?ignoreTLS=true`;
  }

  async start(): Promise<void> {
    this.#server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      authMethods: ['PLAIN'],
      onAuth: ({ username, password }, _session, done) => {
        if (username === 'relay' && password === 'hunter22') done(null, { user: username });
        else done(new Error('wrong login'));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.attempts += 1;
          if (this.refuseWith === 'silence') return;
          if (this.refuseWith !== undefined)
            return done(
              Object.assign(new Error('no hunter22 for human@example.com'), { responseCode: this.refuseWith }),
            );
          void this.#keep(
            Buffer.concat(chunks),
            session.envelope.rcptTo.map(({ address }) => address),
          ).then(() => done());
        });
      },
    });
    this.#server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.close(resolve);
    });
    this.#server = undefined;
  }

  /** Mails to an address. */
  to(address: string): RelayedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  async #keep(raw: Buffer, to: string[]): Promise<void> {
    const parsed = await simpleParser(raw);
    this.mails.push({
      to,
      subject: parsed.subject ?? '',
      text: parsed.text ?? '',
      messageId: parsed.messageId ?? '',
      header: (name) => {
        const value = parsed.headers.get(name);
        return typeof value === 'string' ? value : '';
      },
    });
  }
}
