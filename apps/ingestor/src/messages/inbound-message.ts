import type { Extraction } from '@otpost/code-extraction';
import type { AuthResults, SealedExtraction, SealedMessage } from '@otpost/contracts';

/** A message for one credential (or for none that can be told), ready to be stored. */
export interface InboundMessage {
  workspaceId: string;
  channel: 'email' | 'sms';
  source: 'twilio' | 'sendgrid' | 'mime' | 'smtp';
  credentialId: string | null;
  inboxId: string | null;
  phoneNumberId: string | null;
  /** The provider's id of the message and what else tells it from others: a repeat has the same. */
  identity: readonly string[];
  sender: string | null;
  recipient: string;
  originalSender: string | null;
  sizeBytes: number;
  receivedAt: Date;
  content: SealedMessage;
  extraction: SealedExtraction;
  /** Null: an SMS, or not known yet. */
  authResults: AuthResults | null;
  verdict: Verdict;
}

/** What the ingestor makes of a message. Only one that is `received` may become a code. */
export type Verdict =
  | { state: 'received' }
  /** `reason` is a stable word. */
  | { state: 'refused' | 'ambiguous' | 'confirmation'; reason: string };

/** The extraction as it is sealed. */
export function sealedExtractionOf(
  found: Extraction,
  confirmation: SealedExtraction['confirmation'] = null,
): SealedExtraction {
  const { code, link, confidence, reason, candidates } = found;
  return {
    version: 1,
    code,
    link,
    confidence,
    reason,
    ambiguous: reason.startsWith('ambiguous'),
    candidates: candidates.map((candidate) => ({ ...candidate })),
    confirmation,
  };
}

/** Where the search could not be made: the message is kept all the same, and nothing is chosen. */
export const nothingExtracted: Extraction = {
  code: null,
  link: null,
  confidence: 0,
  reason: 'extraction-failed',
  candidates: [],
};
