/**
 * Undoes transfer encodings that some senders leave in a part: quoted-printable, base64, and encoded words in a
 * subject (RFC 2045 section 6, RFC 2047). Text that does not clearly carry one comes back unchanged.
 */
export function undoTransferEncoding(text: string): string {
  if (text.length >= 40 && text.length < 200_000 && base64Only.test(text)) {
    const decoded = decodeBase64(text);
    if (decoded !== undefined) return decoded;
  }
  if (looksQuotedPrintable(text)) return decodeQuotedPrintable(text.replace(/=[ \t]{0,8}\r?\n/g, ''), 'utf-8');
  return text;
}

/** Decodes encoded words in a header's value (RFC 2047). An unknown charset stays as written. */
export function decodeEncodedWords(header: string): string {
  if (!header.includes('=?')) return header;
  return header
    .slice(0, 4096)
    .replace(/\?=[ \t\r\n]{1,8}=\?/g, '?==?')
    .replace(
      /=\?([\w-]{1,40})\?([bBqQ])\?([^?\s]{0,512})\?=/g,
      (whole, charset: string, encoding: string, content: string) => {
        try {
          const bytes =
            encoding.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : quotedBytes(content.replaceAll('_', ' '));
          return new TextDecoder(charset).decode(bytes);
        } catch {
          return whole;
        }
      },
    );
}

const base64Only = /^[A-Za-z0-9+/\r\n]+={0,2}\s{0,4}$/;

/** In quoted-printable every '=' begins an escape or ends a line. One inside a link proves nothing. */
function looksQuotedPrintable(text: string): boolean {
  let proofs = 0;
  let index = text.indexOf('=');
  if (index < 0) return false;
  for (let count = 0; index >= 0 && count < 2000; count++, index = text.indexOf('=', index + 1)) {
    const escape = /^=(?:([0-9A-F]{2})|[ \t]{0,8}(?:\r?\n|$))/.exec(text.slice(index, index + 12));
    if (escape === null) return false;
    const wordStart = Math.max(text.lastIndexOf(' ', index), text.lastIndexOf('\n', index), index - 300);
    const inLink = text.slice(wordStart + 1, index).includes('://');
    if (isProof(escape[1], text.slice(index + 3, index + 6), inLink)) proofs++;
  }
  return proofs > 0;
}

/** "OTP=201234" begins with what could be an escape: only those that a writer of text would not have put count. */
function isProof(hex: string | undefined, following: string, inLink: boolean): boolean {
  if (hex === undefined) return !inLink;
  if (hex === '3D') return true;
  if (hex === '20' || hex === '09') return following === '' || /^\r?\n/.test(following) || following.startsWith('=');
  return /^[89A-F]/.test(hex) && /^=[89A-F]/.test(following);
}

function decodeQuotedPrintable(text: string, charset: string): string {
  return new TextDecoder(charset).decode(quotedBytes(text));
}

function quotedBytes(text: string): Uint8Array {
  const source = Buffer.from(text, 'utf8');
  const target = Buffer.alloc(source.length);
  let length = 0;
  for (let index = 0; index < source.length; index++) {
    const high = hexValue(source[index + 1]);
    const low = hexValue(source[index + 2]);
    if (source[index] === 0x3d && high >= 0 && low >= 0) {
      target[length++] = high * 16 + low;
      index += 2;
    } else {
      target[length++] = source[index] ?? 0;
    }
  }
  return target.subarray(0, length);
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function decodeBase64(text: string): string | undefined {
  const compact = text.replace(/\s+/g, '');
  if (compact.length % 4 !== 0) return undefined;
  const decoded = Buffer.from(compact, 'base64').toString('utf8');
  const isText = !decoded.includes('\ufffd') && /\s/.test(decoded) && !/\p{Cc}/u.test(decoded.replace(/\s/g, ''));
  return isText ? decoded : undefined;
}
