import { AppError } from '@otpost/contracts';

export interface FormPart {
  name: string;
  filename: string | null;
  contentType: string | null;
  /** A view into the body. */
  value: Buffer;
}

const mostParts = 500;
const longestHeader = 8 * 1024;
const lineEnd = '\r\n';

/**
 * Splits `multipart/form-data` (RFC 7578, RFC 2046 section 5.1.1) that is in memory already: its signature is over the raw bytes. The
 * values stay bytes, since each field of SendGrid's may be in a charset of its own.
 *
 * @throws AppError `validation_failed` for what is no such form, or has more than 500 parts
 */
export function splitMultipart(body: Buffer, contentType: string | undefined): FormPart[] {
  const delimiter = `--${boundaryOf(contentType)}`;
  const parts: FormPart[] = [];
  let at = body.indexOf(delimiter);
  if (at !== 0 && body.toString('latin1', Math.max(0, at - 2), Math.max(0, at)) !== lineEnd) throw malformed();
  for (;;) {
    at += delimiter.length;
    if (body.toString('latin1', at, at + 2) === '--') return parts;
    if (body.toString('latin1', at, at + 2) !== lineEnd) throw malformed();
    const headerStart = at + lineEnd.length;
    const headerEnd = body.indexOf(lineEnd + lineEnd, headerStart);
    if (headerEnd < 0 || headerEnd - headerStart > longestHeader) throw malformed();
    const valueStart = headerEnd + 2 * lineEnd.length;
    const valueEnd = body.indexOf(lineEnd + delimiter, valueStart);
    if (valueEnd < 0) throw malformed();
    if (parts.length === mostParts) throw new AppError('validation_failed', 'The form has too many parts');
    parts.push({
      ...readHeader(body.toString('utf8', headerStart, headerEnd)),
      value: body.subarray(valueStart, valueEnd),
    });
    at = valueEnd + lineEnd.length;
  }
}

function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/form-data\s*;(?:.{0,200}[;\s])?boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(
    contentType ?? '',
  );
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new AppError('validation_failed', 'Send multipart/form-data');
  return boundary;
}

function readHeader(header: string): Omit<FormPart, 'value'> {
  const lines = header.split(lineEnd);
  const disposition = lines.find((line) => /^content-disposition\s*:/i.test(line)) ?? '';
  const name = parameterOf(disposition, 'name');
  if (name === null) throw malformed();
  const contentType = lines.find((line) => /^content-type\s*:/i.test(line));
  return {
    name,
    filename: parameterOf(disposition, 'filename'),
    contentType: contentType === undefined ? null : contentType.slice(contentType.indexOf(':') + 1).trim(),
  };
}

function parameterOf(disposition: string, name: string): string | null {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition);
  return match === null ? null : (match[1] ?? match[2] ?? '').replace(/\\(.)/g, '$1');
}

function malformed(): AppError {
  return new AppError('validation_failed', 'The form cannot be read');
}
