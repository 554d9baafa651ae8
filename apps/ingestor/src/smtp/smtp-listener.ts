import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { AppError } from '@otpost/contracts';
import type { Logger } from '@otpost/platform';
import type { Journal } from '../journal.js';
import type { MailReceiver, MailRecipient } from '../mail/mail-receiver.js';
import type { MemoryBudget, MemoryLease } from '../memory-budget.js';
import type { Parser } from '../workers/parser.js';
import { sharedBytes } from '../workers/shared-bytes.js';
import { Admission } from './admission.js';
import { selfSignedCertificate } from './self-signed-certificate.js';
import { smtpReply, SmtpReply } from './smtp-reply.js';

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
  textTimeoutMs?: number;
}

/** What one connection has done so far. */
interface Dialogue {
  recipients: Map<string, MailRecipient>;
  unknownRecipients: number;
}

const socketTimeoutMs = 60_000;
/** For the whole text of a mail, however slowly it comes. */
const textTimeoutMs = 180_000;
const mostRecipients = 20;
/** Then it is a search for addresses. */
const mostUnknownRecipients = 10;
const certificateRefreshMs = 60 * 60 * 1_000;
const stopCheckMs = 50;

/** The SMTP listener (RFC 5321): takes mail from anyone for live inboxes, and answers 250 when it is stored for all of them. */
export class SmtpListener {
  private readonly server: SMTPServer;
  private readonly dialogues = new WeakMap<SMTPServerSession, Dialogue>();
  private readonly admission: Admission;
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
    this.admission = new Admission(options);
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
      onConnect: (session, done) => done(this.admission.connect(session)),
      onClose: (session) => this.admission.disconnect(session),
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

  private begin(session: SMTPServerSession): Error | null {
    if (this.options.requireTls && !session.secure) return new SmtpReply(530, 'Must issue a STARTTLS command first');
    this.dialogueOf(session).recipients.clear();
    return this.admission.beginMail(session);
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
    const overdue = setTimeout(() => this.hangUp(session), this.options.textTimeoutMs ?? textTimeoutMs);
    let settled: Promise<void> = Promise.resolve();
    try {
      const raw = await this.read(stream, lease);
      clearTimeout(overdue);
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
      clearTimeout(overdue);
      void settled.finally(() => lease.release());
    }
  }

  /** To its end, also where nothing more is kept: an answer comes after the last byte. */
  private async read(stream: SMTPServerDataStream, lease: MemoryLease): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let refusal: AppError | undefined;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        if (refusal !== undefined) continue;
        refusal = this.keep(chunk, chunks, stream, lease);
      }
    } catch (cause) {
      throw new AppError('cancelled', 'The connection was lost', { cause });
    }
    if (refusal !== undefined) throw refusal;
    return sharedBytes(chunks);
  }

  /** Why a chunk, and with it the mail, is not kept. */
  private keep(
    chunk: Buffer,
    chunks: Uint8Array[],
    { byteLength }: SMTPServerDataStream,
    lease: MemoryLease,
  ): AppError | undefined {
    try {
      if (byteLength > this.options.maxBytes) throw new AppError('payload_too_large', 'The message is too large');
      lease.grow(chunk.length);
      chunks.push(chunk);
      return undefined;
    } catch (error) {
      chunks.length = 0;
      lease.release();
      return error as AppError;
    }
  }

  private hangUp(session: SMTPServerSession): void {
    for (const connection of this.server.connections) {
      if (connection.session !== session) continue;
      connection.send(421, 'Too slow');
      connection.close();
    }
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
