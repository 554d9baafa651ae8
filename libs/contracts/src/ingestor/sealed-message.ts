import { z } from 'zod';
import type { Place } from '@otpost/envelope';

/** A header kept for the reader of a message: who sent it on, which list, which answer. Names in lower case. */
const keptHeader = z.object({ name: z.string(), value: z.string() });

/**
 * What `inbound_message.content` opens to, as JSON. All of it came from outside: it is shown as text, and nothing in it is believed.
 * Bodies are cut at the ingestor's limits (`truncated`); of attachments only the description is kept.
 */
export const sealedMessage = z.object({
  version: z.literal(1),
  channel: z.enum(['email', 'sms']),
  /** As written: `GitHub <noreply@github.com>`, `+13125550142`, `GitHub`. */
  from: z.string(),
  to: z.string(),
  subject: z.string().nullable(),
  text: z.string().nullable(),
  html: z.string().nullable(),
  headers: z.array(keptHeader),
  attachments: z.array(z.object({ filename: z.string().nullable(), content_type: z.string(), size_bytes: z.int() })),
  truncated: z.boolean(),
  received_at: z.iso.datetime(),
});
export type SealedMessage = z.output<typeof sealedMessage>;

const kind = z.enum(['code', 'link']);

/**
 * What `inbound_message.extraction` opens to, as JSON. At most one reading of each kind was chosen; which of the two a credential
 * wants is the vault's to say (`MAGIC_LINK` prefers the link). Both null: `candidates` tell what was not certain enough.
 */
export const sealedExtraction = z.object({
  version: z.literal(1),
  code: z.string().nullable(),
  link: z.string().nullable(),
  /** 0 to 1, of what was chosen. */
  confidence: z.number(),
  /** A stable word for the decision: why this reading, or why none. */
  reason: z.string(),
  /** More than one reading was as good: the message is withheld as ambiguous. */
  ambiguous: z.boolean(),
  candidates: z.array(z.object({ kind, value: z.string(), confidence: z.number(), reason: z.string() })),
  /** A mailbox that asks to confirm that it may forward to this inbox: for the workspace to see, never a second factor. */
  confirmation: z.object({ provider: z.string(), code: z.string().nullable(), link: z.string().nullable() }).nullable(),
});
export type SealedExtraction = z.output<typeof sealedExtraction>;

/** Where a sealed part of a message lives: it opens nowhere else, neither under the vault's key pair nor under a data key. */
export function inboundMessagePlace(workspaceId: string, messageId: string, column: 'content' | 'extraction'): Place {
  return { workspaceId, table: 'inbound_message', rowId: messageId, column };
}
