import type { Database, PhoneNumberRecord } from '@otpost/database';
import type { Expectation } from '@otpost/code-extraction';
import { readAwaitingSms, readInboundCredential } from '../messages/look-ups.js';
import { nothingExtracted, sealedExtractionOf, type Verdict } from '../messages/inbound-message.js';
import type { Deposits } from '../messages/deposits.js';
import type { MessageStore, StoredMessage } from '../messages/message-store.js';
import { fromStorage } from '../messages/storage.js';
import { unlessBusy } from '../workers/unless-busy.js';
import { expectationOf } from '../workers/expectations.js';
import type { Parser } from '../workers/parser.js';
import { attributeSms } from './attribute-sms.js';

/** An SMS whose sender, the provider, is proven. */
export interface ReceivedSms {
  /** The provider's id: a repeat has the same. */
  messageId: string;
  from: string;
  to: string;
  text: string;
  mediaTypes: string[];
  receivedAt: Date;
}

interface Target {
  credentialId: string | null;
  expectation: Expectation;
  verdict: Verdict;
}

/** Longer than any SMS that a network carries (1,600 characters, concatenated). */
const textLimit = 4_096;

/** From an SMS to its row. */
export class SmsReceiver {
  constructor(
    private readonly database: Pick<Database, 'pool'>,
    private readonly parser: Pick<Parser, 'extract'>,
    private readonly store: Pick<MessageStore, 'store'>,
    private readonly deposits: Pick<Deposits, 'announce'>,
  ) {}

  /** @throws AppError `unavailable` when it could not be stored */
  async receive(sms: ReceivedSms, number: PhoneNumberRecord): Promise<{ stored: StoredMessage; verdict: Verdict }> {
    const text = sms.text.slice(0, textLimit);
    const target = await fromStorage(this.targetOf({ from: sms.from, text }, number));
    const message = { channel: 'sms', from: sms.from, text } as const;
    const [found] = await unlessBusy(this.parser.extract(message, [target.expectation]), [nothingExtracted]);
    const [stored] = await this.store.store([
      {
        workspaceId: number.workspaceId,
        channel: 'sms',
        source: 'twilio',
        credentialId: target.credentialId,
        inboxId: null,
        phoneNumberId: number.phoneNumberId,
        identity: [sms.messageId],
        sender: sms.from,
        recipient: sms.to,
        originalSender: null,
        sizeBytes: Buffer.byteLength(sms.text),
        receivedAt: sms.receivedAt,
        content: {
          version: 1,
          channel: 'sms',
          from: sms.from,
          to: sms.to,
          subject: null,
          text,
          html: null,
          headers: [],
          attachments: sms.mediaTypes.map((type) => ({ filename: null, content_type: type, size_bytes: 0 })),
          truncated: text.length < sms.text.length,
          received_at: sms.receivedAt.toISOString(),
        },
        extraction: sealedExtractionOf(found ?? nothingExtracted),
        authResults: null,
        verdict: target.verdict,
      },
    ]);
    if (stored === undefined) throw new TypeError('one message in, none out');
    this.deposits.announce([stored]);
    return { stored, verdict: target.verdict };
  }

  /** Whose it is: the number's own credential, or the one that can only be meant. */
  private async targetOf(message: { from: string; text: string }, number: PhoneNumberRecord): Promise<Target> {
    const { workspaceId, credentialId, mode } = number;
    if (mode === 'dedicated') {
      const credential =
        credentialId === null ? undefined : await readInboundCredential(this.database.pool, workspaceId, credentialId);
      if (credential === undefined) return withheld('number_has_no_credential');
      return { credentialId, expectation: expectationOf(credential), verdict: { state: 'received' } };
    }
    const attribution = attributeSms(message, await readAwaitingSms(this.database.pool, workspaceId));
    if ('ambiguous' in attribution) return withheld(attribution.ambiguous);
    return {
      credentialId: attribution.credentialId,
      expectation: expectationOf(attribution),
      verdict: { state: 'received' },
    };
  }
}

function withheld(reason: string): Target {
  return { credentialId: null, expectation: {}, verdict: { state: 'ambiguous', reason } };
}
