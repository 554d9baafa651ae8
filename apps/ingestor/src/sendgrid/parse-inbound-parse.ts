import { createHash } from 'node:crypto';
import { z } from 'zod';
import { mailLimits, parseMail } from '../mail/parse-mail.js';
import type { ParsedMail } from '../mail/parsed-mail.js';
import { sharedBytes } from '../workers/shared-bytes.js';
import { splitMultipart, type FormPart } from './multipart.js';

export interface InboundParseRequest {
  body: Uint8Array;
  contentType: string | undefined;
}

/** One request of SendGrid's Inbound Parse, in either of its modes. */
export interface InboundParseMail {
  mail: ParsedMail;
  /** The whole mail, where SendGrid sends it raw. */
  raw: Uint8Array | null;
  envelope: { to: string[]; from: string | null };
  senderIp: string | null;
  /** What SendGrid says of the sender: `pass`, `{@example.com : pass}`. */
  spf: string | null;
  dkim: string | null;
}

const envelopeField = z.object({ to: z.array(z.string()).default([]), from: z.string().nullish() });
const charsetsField = z.record(z.string(), z.string());

/** @throws AppError `validation_failed` for what is no such form, or holds a mail that is too complex */
export async function parseInboundParse({ body, contentType }: InboundParseRequest): Promise<InboundParseMail> {
  const parts = splitMultipart(Buffer.from(body.buffer, body.byteOffset, body.byteLength), contentType);
  const fields = new Map(parts.filter(({ filename }) => filename === null).map((part) => [part.name, part.value]));
  const charsets = jsonOf(fields.get('charsets'), charsetsField) ?? {};
  const textOf = (name: string) => {
    const value = fields.get(name);
    return value === undefined ? null : decode(value, charsets[name]);
  };
  const envelope = jsonOf(fields.get('envelope'), envelopeField);
  // Some forms post the raw mail as a file.
  const email = parts.find(({ name }) => name === 'email')?.value;
  const raw = email === undefined ? null : sharedBytes([email]);
  return {
    mail: raw === null ? await mailOfFields(textOf, parts) : await parseMail(raw),
    raw,
    envelope: { to: envelope?.to ?? [], from: envelope?.from ?? null },
    senderIp: textOf('sender_ip'),
    spf: textOf('SPF'),
    dkim: textOf('dkim'),
  };
}

/** The mail of parsed mode: its header comes as it was, the rest decoded by SendGrid into fields. */
async function mailOfFields(textOf: (name: string) => string | null, parts: readonly FormPart[]): Promise<ParsedMail> {
  const text = textOf('text');
  const html = textOf('html');
  const header = `${(textOf('headers') ?? '').replace(/\r?\n/g, '\r\n').replace(/(\r\n)+$/, '')}\r\n`;
  // The parser reads header and body as one mail; what described the body that is not there goes.
  const described = header.replace(/^content-[a-z-]+:.*\r\n(?:[ \t].*\r\n)*/gim, '');
  const from = textOf('from');
  const missing = /^from:/im.test(described) || from === null ? '' : `From: ${from.replace(/[\r\n]+/g, ' ')}\r\n`;
  const kind = text === null && html !== null ? 'text/html' : 'text/plain';
  const mail = await parseMail(
    Buffer.from(`${missing}${described}Content-Type: ${kind}; charset=utf-8\r\n\r\n${text ?? html ?? ''}`),
  );
  const digest = createHash('sha256')
    .update(text ?? '')
    .update('\0')
    .update(html ?? '')
    .digest('hex');
  return {
    ...mail,
    subject: textOf('subject')?.slice(0, mailLimits.keptHeaderLength) ?? mail.subject,
    from: from?.slice(0, mailLimits.keptHeaderLength) ?? mail.from,
    to: textOf('to')?.slice(0, mailLimits.keptHeaderLength) ?? mail.to,
    text: text === null ? null : text.slice(0, mailLimits.textLength),
    html: html === null ? null : html.slice(0, mailLimits.htmlLength),
    attachments: parts
      .filter(({ filename }) => filename !== null)
      .slice(0, mailLimits.keptAttachments)
      .map(({ filename, contentType, value }) => ({
        filename: filename?.slice(0, 255) ?? null,
        content_type: (contentType ?? 'application/octet-stream').slice(0, 255),
        size_bytes: value.length,
      })),
    truncated: (text?.length ?? 0) > mailLimits.textLength || (html?.length ?? 0) > mailLimits.htmlLength,
    fingerprint: [...mail.fingerprint.slice(0, 3), digest],
  };
}

/** A charset that nobody knows is read as UTF-8, or where it is not that, as Windows-1252, which reads anything. */
function decode(value: Uint8Array, charset = 'utf-8'): string {
  const bytes = Uint8Array.from(value); // decoders take no shared memory
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder('windows-1252').decode(bytes);
    }
  }
}

function jsonOf<Field extends z.ZodType>(value: Buffer | undefined, schema: Field): z.output<Field> | undefined {
  try {
    return schema.safeParse(JSON.parse(value?.toString('utf8') ?? '')).data;
  } catch {
    return undefined;
  }
}
