import { AppError, type AuthResults } from '@otpost/contracts';
import { findInbox, type Database, type InboxRecord } from '@otpost/database';
import type { Logger } from '@otpost/platform';
import { domainOf } from '../authentication/read-results.js';
import { needsResults, refusalOf } from '../authentication/sender-policy.js';
import type { SenderVerifier } from '../authentication/sender-verifier.js';
import type { Deposits } from '../messages/deposits.js';
import {
  nothingExtracted,
  sealedExtractionOf,
  type InboundMessage,
  type Verdict,
} from '../messages/inbound-message.js';
import { readInboundCredential, type InboundCredential } from '../messages/look-ups.js';
import type { MessageStore, StoredMessage } from '../messages/message-store.js';
import { fromStorage } from '../messages/storage.js';
import { expectationOf } from '../workers/expectations.js';
import type { Parser } from '../workers/parser.js';
import { unlessBusy } from '../workers/unless-busy.js';
import { inboxLocalPart } from './inbox-address.js';
import type { ParsedMail } from './parsed-mail.js';

/** A live inbox, by the address that a mail named it with (its plus-tag kept). */
export interface MailRecipient extends InboxRecord {
  address: string;
}

/** A mail that has been handed over, by whatever way. */
export interface ReceivedMail {
  source: 'sendgrid' | 'mime' | 'smtp';
  mail: ParsedMail;
  /** The bytes that signatures are over; null where the provider has taken the mail apart. */
  raw: Uint8Array | null;
  sizeBytes: number;
  /** Who connected and for whom it said it speaks, as far as it is known. */
  envelope: { mailFrom: string | null; ip: string | null; helo: string | null };
  /** What the provider says of the sender: counts where there is no raw mail. */
  providerResults: AuthResults | null;
  receivedAt: Date;
}

export interface MailReceipt {
  stored: StoredMessage[];
  verdicts: Verdict[];
  /** Resolves when the raw mail is not needed any more. Never rejects. */
  settled: Promise<void>;
}

type Target = MailRecipient & { credential: InboundCredential };

/** From a parsed mail to its rows, one for each inbox. */
export class MailReceiver {
  private readonly recording = new Set<Promise<void>>();

  constructor(
    private readonly options: {
      database: Pick<Database, 'pool'>;
      parser: Pick<Parser, 'extract'>;
      verifier: Pick<SenderVerifier, 'verify'>;
      store: Pick<MessageStore, 'store' | 'recordAuthResults'>;
      deposits: Pick<Deposits, 'announce'>;
      logger: Logger;
      inboxDomain: string;
    },
  ) {}

  /** The live inboxes among these addresses, each once. */
  async findRecipients(addresses: readonly string[]): Promise<MailRecipient[]> {
    const byInbox = new Map<string, MailRecipient>();
    for (const address of addresses.slice(0, mostAddresses)) {
      const localPart = inboxLocalPart(address, this.options.inboxDomain);
      const inbox =
        localPart === null ? undefined : await fromStorage(findInbox(this.options.database.pool, localPart));
      if (inbox !== undefined && !byInbox.has(inbox.inboxId)) byInbox.set(inbox.inboxId, { ...inbox, address });
    }
    return [...byInbox.values()];
  }

  /**
   * Stores the mail for each of its inboxes, all or none.
   *
   * @throws AppError `not_found` where every inbox is gone by now, `unavailable`, `overloaded`
   */
  async receive(received: ReceivedMail, recipients: readonly MailRecipient[]): Promise<MailReceipt> {
    const { store, deposits, parser } = this.options;
    const targets = await this.targetsOf(recipients);
    if (targets.length === 0) throw new AppError('not_found', 'No such recipient');

    const verifying = this.verify(received);
    const mustWait = targets.some(({ credential }) => needsResults(credential));
    const results = mustWait ? await verifying : received.raw === null ? received.providerResults : null;

    const { mail } = received;
    const { subject, text, html } = mail;
    const message = { channel: 'email', from: mail.originalSender ?? mail.from, subject, text, html } as const;
    const expectations = targets.map(({ credential }) => expectationOf(credential));
    const found = await unlessBusy(parser.extract(message, expectations), []);

    const messages = targets.map((target, index): InboundMessage => {
      const verdict = verdictOf(target.credential, mail, results);
      const extraction = sealedExtractionOf(found[index] ?? nothingExtracted, mail.confirmation);
      return { ...rowOf(received, target), extraction, authResults: results, verdict };
    });
    const stored = await store.store(messages);
    deposits.announce(stored);
    return {
      stored,
      verdicts: messages.map(({ verdict }) => verdict),
      settled: results === null ? this.record(stored, verifying) : Promise.resolve(),
    };
  }

  /** Waits for the checks that are still under way. */
  async close(): Promise<void> {
    await Promise.all(this.recording);
  }

  private async targetsOf(recipients: readonly MailRecipient[]): Promise<Target[]> {
    const found = recipients.map(async (recipient) => {
      const { workspaceId, credentialId } = recipient;
      const credential = await readInboundCredential(this.options.database.pool, workspaceId, credentialId);
      return credential === undefined ? [] : [{ ...recipient, credential }];
    });
    return (await fromStorage(Promise.all(found))).flat();
  }

  private async verify({ raw, mail, envelope, providerResults }: ReceivedMail): Promise<AuthResults | null> {
    if (raw === null) return providerResults;
    const fromDomain = fromDomainOf(mail);
    return this.options.verifier.verify(
      {
        raw,
        fromDomain,
        ip: envelope.ip,
        helo: envelope.helo,
        mailFrom: envelope.mailFrom,
        mta: this.options.inboxDomain,
      },
      mail.dkimSignatures,
    );
  }

  private record(stored: readonly StoredMessage[], verifying: Promise<AuthResults | null>): Promise<void> {
    const fresh = stored.filter(({ isRepeat }) => !isRepeat);
    const recorded = verifying
      .then(async (results) => {
        if (results !== null) await this.options.store.recordAuthResults(fresh, results);
      })
      .catch((error: unknown) => this.options.logger.warn('mail.auth_results_not_recorded', {}, error));
    this.recording.add(recorded);
    void recorded.finally(() => this.recording.delete(recorded));
    return recorded;
  }
}

const mostAddresses = 100;

function verdictOf(policy: InboundCredential, mail: ParsedMail, results: AuthResults | null): Verdict {
  if (mail.confirmation !== null) return { state: 'confirmation', reason: mail.confirmation.provider };
  if (!needsResults(policy)) return { state: 'received' };
  const refusal = results === null ? 'sender_could_not_be_verified' : refusalOf(policy, fromDomainOf(mail), results);
  return refusal === null ? { state: 'received' } : { state: 'refused', reason: refusal };
}

function fromDomainOf({ fromAddress }: ParsedMail): string | null {
  return fromAddress === null ? null : domainOf(fromAddress);
}

function rowOf({ mail, source, sizeBytes, receivedAt, envelope }: ReceivedMail, target: Target) {
  const { from, to, subject, text, html, headers, attachments, truncated } = mail;
  return {
    workspaceId: target.workspaceId,
    channel: 'email' as const,
    source,
    credentialId: target.credentialId,
    inboxId: target.inboxId,
    phoneNumberId: null,
    identity: [mail.messageId ?? '', ...mail.fingerprint],
    // A bounce has no sender.
    sender: mail.fromAddress ?? (envelope.mailFrom || null),
    recipient: target.address,
    originalSender: mail.originalSender,
    sizeBytes,
    receivedAt,
    content: {
      version: 1 as const,
      channel: 'email' as const,
      from,
      to,
      subject,
      text,
      html,
      headers,
      attachments,
      truncated,
      received_at: receivedAt.toISOString(),
    },
  };
}
