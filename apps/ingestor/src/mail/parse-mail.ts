import { createHash } from 'node:crypto';
import { MailParser, type AddressObject, type AttachmentStream, type Headers, type MessageText } from 'mailparser';
import { AppError } from '@otpost/contracts';
import { findForwardingConfirmation, findOriginalSender } from './forwarding.js';
import type { ParsedMail } from './parsed-mail.js';

export const mailLimits = {
  headerBytes: 256 * 1024,
  parts: 500,
  depth: 30,
  /** Of all text parts together, still encoded: what is beyond is passed over. */
  textBytes: 3 * 1024 * 1024,
  textLength: 256 * 1024,
  htmlLength: 1024 * 1024,
  keptHeaders: 60,
  keptHeaderLength: 1_000,
  keptAttachments: 50,
} as const;

/**
 * Parses one mail (RFC 5322, MIME). Attachments are counted, not kept. Runs in a thread of its own, which has a time limit.
 *
 * @throws AppError `validation_failed` for a mail beyond the limits of parts, depth or header size
 */
export async function parseMail(raw: Uint8Array): Promise<ParsedMail> {
  const parser = new CappedMailParser();
  const attachments: ParsedMail['attachments'] = [];
  let headers: Headers = new Map();
  let lines: readonly { key: string; line: string }[] = [];
  let body: MessageText | undefined;
  parser.on('headers', (parsed: Headers) => (headers = parsed));
  parser.on('headerLines', (parsed: typeof lines) => (lines = parsed));
  parser.on('data', (data: AttachmentStream | MessageText) => {
    if (data.type === 'text') body = data;
    else skipAttachment(data, attachments);
  });
  await new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', (error: Error) => reject(refusal(error)));
    parser.end(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
  });

  const rawText = body?.text ?? '';
  const rawHtml = typeof body?.html === 'string' ? body.html : '';
  const text = rawText.slice(0, mailLimits.textLength);
  const html = rawHtml.slice(0, mailLimits.htmlLength);
  const from = addressesOf(headers, 'from')[0];
  const clues = {
    fromAddress: from?.address ?? null,
    subject: textOf(headers, 'subject'),
    text: text === '' ? null : text,
    headers: lines.slice(0, 1_000).map(({ key, line }) => ({ name: key, value: valueOf(line) })),
  };
  return {
    messageId: textOf(headers, 'message-id'),
    fromAddress: clues.fromAddress,
    from: from?.shown ?? '',
    to: addressesOf(headers, 'to')
      .map(({ shown }) => shown)
      .join(', ')
      .slice(0, mailLimits.keptHeaderLength),
    subject: clues.subject,
    text: clues.text,
    html: html === '' ? null : html,
    headers: clues.headers.filter(({ name }) => keptHeaders.has(name)).slice(0, mailLimits.keptHeaders),
    attachments,
    truncated: parser.textBytes > mailLimits.textBytes || rawText.length > text.length || rawHtml.length > html.length,
    recipients: {
      delivered: clues.headers.filter(({ name }) => deliveryHeaders.has(name)).map(({ value }) => bareAddress(value)),
      addressed: ['to', 'cc'].flatMap((name) => addressesOf(headers, name).map(({ address }) => address)),
    },
    fingerprint: [
      lines.find(({ key }) => key === 'date')?.line ?? '',
      lines.find(({ key }) => key === 'from')?.line ?? '',
      lines.find(({ key }) => key === 'subject')?.line ?? '',
      createHash('sha256').update(bodyOf(raw)).digest('hex'),
    ],
    originalSender: findOriginalSender(clues),
    confirmation: findForwardingConfirmation({ ...clues, text: clues.text ?? stripTags(html) }),
    dkimSignatures: lines.filter(({ key }) => key === 'dkim-signature').length,
  };
}

/** What a reader, a forwarding rule or a person who looks for a lost code may want to know. */
const keptHeaders = new Set([
  'auto-submitted',
  'date',
  'delivered-to',
  'in-reply-to',
  'list-id',
  'list-unsubscribe',
  'message-id',
  'precedence',
  'references',
  'reply-to',
  'resent-from',
  'resent-to',
  'return-path',
  'sender',
  'x-forwarded-for',
  'x-forwarded-to',
  'x-original-to',
  'x-otpost',
]);

/** Written by the last hop, which knows the envelope. */
const deliveryHeaders = new Set(['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-forwarded-to']);

interface MimeNode {
  type: string;
  parentNode?: MimeNode;
}

/** What the splitter hands to the parser: a part's header, or bytes of its body. */
type MimeChunk = MimeNode | { type: 'body'; value: Uint8Array };

interface ParserInternals {
  processChunk(chunk: MimeChunk, done: (error?: Error) => void): void;
  curnode: false | { isAttachment?: boolean };
}

/** What mailparser does with a chunk; its types leave it out. */
const parserInternals = MailParser.prototype as unknown as ParserInternals;

/**
 * mailparser caps parts and headers. This adds the depth, which costs time with every line of the body, and the text, of which it
 * would keep all.
 */
class CappedMailParser extends MailParser {
  textBytes = 0;

  constructor() {
    const caps = { maxHeadSize: mailLimits.headerBytes, maxChildNodes: mailLimits.parts };
    super({ ...caps, skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true });
  }

  processChunk(chunk: MimeChunk, done: (error?: Error) => void): void {
    if (chunk.type === 'node' && depthOf(chunk) > mailLimits.depth) return done(tooComplex());
    const { curnode } = this as unknown as ParserInternals;
    if ('value' in chunk && chunk.type === 'body' && curnode !== false && curnode.isAttachment !== true) {
      const room = Math.max(0, mailLimits.textBytes - this.textBytes);
      this.textBytes += chunk.value.length;
      chunk.value = chunk.value.subarray(0, room);
    }
    parserInternals.processChunk.call(this, chunk, done);
  }
}

function depthOf(node: MimeNode): number {
  let depth = 0;
  for (let above = node.parentNode; above !== undefined && depth <= mailLimits.depth; above = above.parentNode)
    depth += 1;
  return depth;
}

function refusal(error: Error & { code?: string }): AppError {
  if (error instanceof AppError) return error;
  if (error.code === 'EMAXLEN') return tooComplex();
  return new AppError('validation_failed', 'The message cannot be read');
}

function tooComplex(): AppError {
  return new AppError('validation_failed', 'The message is too complex');
}

function skipAttachment(attachment: AttachmentStream, attachments: ParsedMail['attachments']): void {
  const { content } = attachment;
  content.once('end', () => {
    if (attachments.length < mailLimits.keptAttachments) {
      attachments.push({
        filename: attachment.filename?.slice(0, 255) ?? null,
        content_type: attachment.contentType.slice(0, 255),
        size_bytes: attachment.size,
      });
    }
    attachment.release();
  });
  content.on('data', () => undefined);
}

function addressesOf(headers: Headers, name: string): { address: string; shown: string }[] {
  const header = headers.get(name) as AddressObject | AddressObject[] | undefined;
  const objects = header === undefined ? [] : [header].flat();
  return objects
    .flatMap(({ value }) => value)
    .slice(0, 200)
    .flatMap((entry) => entry.group ?? [entry])
    .flatMap(({ address, name: display }) => {
      if (!address) return [];
      const lower = address.slice(0, 320).toLowerCase();
      return [{ address: lower, shown: display ? `${display.slice(0, 320)} <${lower}>` : lower }];
    });
}

function textOf(headers: Headers, name: string): string | null {
  const value = headers.get(name);
  return typeof value === 'string' ? value.slice(0, mailLimits.keptHeaderLength) : null;
}

/** Unfolded (RFC 5322, section 2.2.3), without the name. */
function valueOf(line: string): string {
  return line
    .slice(line.indexOf(':') + 1, mailLimits.keptHeaderLength * 2)
    .replace(/\r?\n[ \t]+/g, ' ')
    .trim()
    .slice(0, mailLimits.keptHeaderLength);
}

function bareAddress(value: string): string {
  const [, inBrackets] = /<([^<>]*)>/.exec(value) ?? [];
  return (inBrackets ?? value).trim().toLowerCase();
}

/** Everything after the first empty line. */
function bodyOf(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const ends = ['\r\n\r\n', '\n\n']
    .map((end) => ({ at: bytes.indexOf(end), length: end.length }))
    .filter(({ at }) => at >= 0);
  const first = ends.sort((a, b) => a.at - b.at)[0];
  return first === undefined ? new Uint8Array() : raw.subarray(first.at + first.length);
}

/** Enough to find a code and a link in a confirmation. */
function stripTags(html: string): string {
  return html.slice(0, 100_000).replace(/<[^<>]{0,2000}>/g, ' ');
}
