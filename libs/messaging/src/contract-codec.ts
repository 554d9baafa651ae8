import { z } from 'zod';
import { AppError, errorCodes, type ErrorCode } from '@otpost/contracts';

/** First byte of a reply's content. */
const statusOk = 0;
const statusError = 1;

/** In UTF-16 units. Redis holds thousands of bodies at once. */
const longestBody = 8 * 2 ** 20;

/** A payload or response as the JSON text of its contract. Throws `internal` when it is not what the contract says. */
export function encodeBody<Schema extends z.ZodType>(schema: Schema, value: z.output<Schema>, what: string): string {
  const result = z.safeEncode(schema, value);
  if (!result.success) throw contractBroken(what, result.error);
  const text = JSON.stringify(result.data) ?? '';
  if (text.length > longestBody) throw new AppError('payload_too_large', 'Too large', { internal: what });
  return text;
}

/** The other way round. Throws `internal` when the text is not what the contract says. */
export function decodeBody<Schema extends z.ZodType>(schema: Schema, text: string, what: string): z.output<Schema> {
  const wire = (text === '' ? undefined : JSON.parse(text)) as z.input<Schema>;
  const result = z.safeDecode(schema, wire);
  if (!result.success) throw contractBroken(what, result.error);
  return result.data;
}

/**
 * The content of a request, in three lines: what an at-most-once request knows of the Redis it was added to (see `scripts.ts`), empty for
 * others; the `traceparent` of the span that it is part of, or nothing; the payload.
 */
export function encodeRequest({ incarnation, trace, body }: RequestContent): string {
  return `${incarnation}\n${trace}\n${body}`;
}

export function decodeRequest(content: Buffer): RequestContent {
  const text = content.toString('utf8');
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  return { incarnation: text.slice(0, first), trace: text.slice(first + 1, second), body: text.slice(second + 1) };
}

export interface RequestContent {
  incarnation: string;
  trace: string;
  body: string;
}

/** The content of a reply with a response. */
export function encodeResponse(body: string): Buffer {
  const content = Buffer.allocUnsafe(1 + Buffer.byteLength(body));
  content[0] = statusOk;
  content.write(body, 1);
  return content;
}

/** What of an error crosses the wire. Unknown fields are ignored, so that a newer service may say more. */
const wireError = z.object({
  code: z.string(),
  message: z.string(),
  fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  retry_after_seconds: z.number().nonnegative().optional(),
});

/** The content of a reply with an error: code, public message, fields and retry hint. Cause and internal text stay behind. */
export function encodeError(error: AppError): Buffer {
  const body = JSON.stringify({
    code: error.code,
    message: error.message,
    ...(error.fields.length > 0 ? { fields: error.fields } : {}),
    ...(error.retryAfterSeconds === undefined ? {} : { retry_after_seconds: error.retryAfterSeconds }),
  });
  return Buffer.concat([Buffer.from([statusError]), Buffer.from(body)]);
}

/** A reply's content: the response's text, or the remote error. */
export function decodeReply(content: Buffer): string | AppError {
  const body = content.toString('utf8', 1);
  return content[0] === statusOk ? body : decodeError(body);
}

function decodeError(body: string): AppError {
  const { code, message, fields, retry_after_seconds } = wireError.parse(JSON.parse(body));
  return new AppError(isErrorCode(code) ? code : 'internal', message, {
    ...(fields === undefined ? {} : { fields }),
    ...(retry_after_seconds === undefined ? {} : { retryAfterSeconds: retry_after_seconds }),
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as readonly string[]).includes(code);
}

/** Names the fields, never their values: they may be secret. */
function contractBroken(what: string, error: z.core.$ZodError): AppError {
  const fields = error.issues.map((issue) => `${issue.path.join('.')} (${issue.code})`).join(', ');
  return new AppError('internal', 'Internal error', { internal: `${what} breaks its contract: ${fields}` });
}
