import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { AppError } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';
import type { Journal } from '../journal.js';
import type { MailReceiver, MailRecipient } from '../mail/mail-receiver.js';
import type { MemoryBudget } from '../memory-budget.js';
import type { Parser } from '../workers/parser.js';
import { sharedBytes } from '../workers/shared-bytes.js';
import { selfSignedCertificate } from './self-signed-certificate.js';
import { smtpReply, SmtpReply } from './smtp-reply.js';
import { TokenBuckets } from './token-buckets.js';

export interface SmtpListenerOptions {
  host: string;
  port: number;
  inboxDomain: string;
  maxBytes: number;
  requireTls: boolean;
  tlsFiles: { cert: string; key: string } | undefined;
  trustedProxies: readonly string[] | undefined;
  connections: number;
  connectionsPerIp: number;
  mailsPerMinute: number;
  /** How long a stop waits for the transactions that have begun. */
  stopMs: number;
}

/** What one connection has done so far. */
interface Dialogue {
  recipients: Map<string, MailRecipient>;
  unknownRecipients: number;
}

const socketTimeoutMs = 60_000;
const mostRecipients = 20;
/** Then it is a search for addresses. */
const mostUnknownRecipients = 10;
const certificateRefreshMs = 60 * 60 * 1_000;
const stopCheckMs = 50;

/** The SMTP listener (RFC 5321): takes mail from anyone for live inboxes, and answers 250 when it is stored for all of them. */
export class SmtpListener {
  private readonly server: SMTPServer;
  private readonly dialogues = new WeakMap<SMTPServerSession, Dialogue>();
  private readonly connectionsOf = new Map<string, number>();
  private readonly admitted = new WeakSet<SMTPServerSession>();
  private readonly rate: TokenBuckets;
  private refresh: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: SmtpListenerOptions,
    private readonly uses: {
      parser: Parser;
      receiver: MailReceiver;
      journal: Journal;
      budget: MemoryBudget;
      logger: Logger;
    },
  ) {
    this.rate = new TokenBuckets({ perMinute: options.mailsPerMinute });
    this.server = new SMTPServer({
      ...this.certificate(),
      name: options.inboxDomain,
      banner: 'otpost',
      size: options.maxBytes,
      disabledCommands: ['AUTH'],
      authOptional: true,
      maxAllowedUnauthenticatedCommands: false,
      disableReverseLookup: true,
      hideENHANCEDSTATUSCODES: false,
      logger: false,
      maxClients: options.connections,
      socketTimeout: socketTimeoutMs,
      ...(options.trustedProxies && { useProxy: [...options.trustedProxies] }),
      onConnect: (session, done) => done(this.admit(session)),
      onClose: (session) => this.leave(session),
      onMailFrom: (_address, session, done) => done(this.begin(session)),
      onRcptTo: ({ address }, session, done) => void this.addRecipient(address, session).then(done),
      onData: (stream, session, done) => void this.take(stream, session).then(({ error, text }) => done(error, text)),
    });
    // Broken handshakes and hung-up peers: everyday life of a port on the internet.
    this.server.on('error', (error: NodeJS.ErrnoException) => {
      uses.logger.debug('smtp.connection_failed', { error_code: error.code });
    });
  }

  /** Resolves when it listens; rejects where it cannot. */
  async start(): Promise<void> {
    const { host, port, tlsFiles } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.server.off('error', reject);
        resolve();
      });
    });
    this.uses.logger.info('smtp.ready', { host, port: this.port, own_certificate: tlsFiles !== undefined });
    if (tlsFiles !== undefined)
      this.refresh = setInterval(() => this.reloadCertificate(), certificateRefreshMs).unref();
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  /** Mails that have been begun and not answered. */
  get transactions(): number {
    return [...this.server.connections].filter(({ session }) => session.envelope?.mailFrom).length;
  }

  /** No new connections; those between two mails are told to go, the others when theirs is done, or its time is over. */
  async close(): Promise<void> {
    clearInterval(this.refresh);
    const endsAt = performance.now() + this.options.stopMs;
    const dismiss = () => {
      for (const connection of this.server.connections) {
        if (connection.session.envelope?.mailFrom && performance.now() < endsAt) continue;
        connection.send(421, 'Closing, come back');
        connection.close();
      }
    };
    // Not smtp-server's own close(): it breaks off mails whose text has not begun.
    const closed = new Promise((resolve) => this.server.server.close(resolve));
    dismiss();
    const dismissing = setInterval(dismiss, stopCheckMs);
    await closed;
    clearInterval(dismissing);
  }

  private admit(session: SMTPServerSession): Error | null {
    const { remoteAddress } = session;
    const open = this.connectionsOf.get(remoteAddress) ?? 0;
    if (open >= this.options.connectionsPerIp) return new SmtpReply(421, 'Too many connections from your address');
    this.connectionsOf.set(remoteAddress, open + 1);
    this.admitted.add(session);
    return null;
  }

  private leave(session: SMTPServerSession): void {
    if (!this.admitted.delete(session)) return;
    const open = (this.connectionsOf.get(session.remoteAddress) ?? 1) - 1;
    if (open > 0) this.connectionsOf.set(session.remoteAddress, open);
    else this.connectionsOf.delete(session.remoteAddress);
  }

  private begin(session: SMTPServerSession): Error | null {
    if (this.options.requireTls && !session.secure) return new SmtpReply(530, 'Must issue a STARTTLS command first');
    if (!this.rate.take(session.remoteAddress))
      return new SmtpReply(451, 'Too many mails from your address, slow down');
    this.dialogueOf(session).recipients.clear();
    return null;
  }

  private async addRecipient(address: string, session: SMTPServerSession): Promise<Error | null> {
    const dialogue = this.dialogueOf(session);
    if (dialogue.unknownRecipients >= mostUnknownRecipients) return new SmtpReply(421, 'Too many unknown recipients');
    if (dialogue.recipients.size >= mostRecipients)
      return new SmtpReply(452, 'Too many recipients, send the rest again');
    try {
      const [recipient] = await this.uses.receiver.findRecipients([address]);
      if (recipient === undefined) throw new AppError('not_found', 'No such recipient');
      dialogue.recipients.set(recipient.inboxId, recipient);
      return null;
    } catch (error) {
      if (error instanceof AppError && error.code === 'not_found') dialogue.unknownRecipients += 1;
      this.uses.journal.failed('smtp', error, session.remoteAddress);
      return smtpReply(error);
    }
  }

  private async take(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
  ): Promise<{ error?: Error; text?: string }> {
    const lease = this.uses.budget.lease();
    let settled: Promise<void> = Promise.resolve();
    try {
      const raw = await this.read(stream, lease);
      const startedAt = performance.now();
      const receivedAt = new Date();
      const mail = await this.uses.parser.parseMail(raw);
      const { mailFrom } = session.envelope;
      const envelope = {
        mailFrom: mailFrom === false ? null : mailFrom.address,
        ip: session.remoteAddress,
        helo: session.hostNameAppearsAs || null,
      };
      const receipt = await this.uses.receiver.receive(
        { source: 'smtp', mail, raw, sizeBytes: raw.length, envelope, providerResults: null, receivedAt },
        [...this.dialogueOf(session).recipients.values()],
      );
      settled = receipt.settled;
      this.uses.journal.stored('smtp', receipt.stored, receipt.verdicts, startedAt);
      return { text: 'Stored' };
    } catch (error) {
      this.uses.journal.failed('smtp', error, session.remoteAddress);
      return { error: smtpReply(error) };
    } finally {
      void settled.finally(() => lease.release());
    }
  }

  /** To its end, also where nothing more is kept: an answer comes after the last byte. */
  private async read(stream: SMTPServerDataStream, lease: { grow(bytes: number): void }): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let refusal: AppError | undefined;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (refusal !== undefined) continue;
      try {
        if (stream.byteLength > this.options.maxBytes)
          throw new AppError('payload_too_large', 'The message is too large');
        lease.grow(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refusal = error as AppError;
        chunks.length = 0;
      }
    }
    if (refusal !== undefined) throw refusal;
    return sharedBytes(chunks);
  }

  private dialogueOf(session: SMTPServerSession): Dialogue {
    let dialogue = this.dialogues.get(session);
    if (dialogue === undefined) {
      dialogue = { recipients: new Map(), unknownRecipients: 0 };
      this.dialogues.set(session, dialogue);
    }
    return dialogue;
  }

  private certificate(): { cert: string; key: string } {
    const { tlsFiles, inboxDomain } = this.options;
    if (tlsFiles === undefined) return selfSignedCertificate(inboxDomain);
    return { cert: readFileSync(tlsFiles.cert, 'utf8'), key: readFileSync(tlsFiles.key, 'utf8') };
  }

  private reloadCertificate(): void {
    try {
      this.server.updateSecureContext(this.certificate());
    } catch (error) {
      this.uses.logger.warn('smtp.certificate_not_reloaded', {}, error);
    }
  }
}
