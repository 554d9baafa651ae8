/** A start tag. Attributes are looked up on demand: most tags are never asked. */
export class Tag {
  constructor(
    readonly name: string,
    private readonly source: string,
    private readonly start: number,
    private readonly end: number,
  ) {}

  /** The attribute's value as written, entities not decoded; empty when absent. */
  attribute(name: string): string {
    return this.all.get(name) ?? '';
  }

  has(name: string): boolean {
    return this.all.has(name);
  }

  private parsed: Map<string, string> | undefined;

  private get all(): Map<string, string> {
    this.parsed ??= this.end > this.start ? parseAttributes(this.source, this.start, this.end) : noAttributes;
    return this.parsed;
  }
}

export type Token =
  | { readonly type: 'text'; readonly start: number; readonly end: number }
  | { readonly type: 'open'; readonly tag: Tag; readonly end: number }
  | { readonly type: 'close'; readonly name: string; readonly end: number }
  | { readonly type: 'style'; readonly start: number; readonly contentEnd: number; readonly end: number }
  | { readonly type: 'skip'; readonly end: number };

/**
 * The token that begins at `position`. Every token ends after its position, and every search for an end that fails
 * makes the rest of the input one token, so that a whole pass is linear whatever the input.
 */
export function nextToken(html: string, position: number): Token {
  if (html.charCodeAt(position) !== lessThan) return textFrom(html, position, position);
  const following = html.charCodeAt(position + 1);
  if (following === 0x21) return skipDeclaration(html, position);
  if (following === 0x3f) return skipTo(html, '>', position + 2);
  if (following === 0x2f && isLetter(html.charCodeAt(position + 2))) {
    const nameEnd = endOfName(html, position + 2);
    const close = html.indexOf('>', nameEnd);
    return {
      type: 'close',
      name: html.slice(position + 2, nameEnd).toLowerCase(),
      end: close < 0 ? html.length : close + 1,
    };
  }
  if (!isLetter(following)) return textFrom(html, position, position + 1);
  return openTag(html, position);
}

const lessThan = 0x3c;
const noAttributes = new Map<string, string>();
const mostAttributes = 40;
const rawText = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'noframes', 'noembed']);

function openTag(html: string, position: number): Token {
  const nameEnd = endOfName(html, position + 1);
  const name = html.slice(position + 1, Math.min(nameEnd, position + 40)).toLowerCase();
  const tagEnd = endOfTag(html, nameEnd);
  const isClosed = tagEnd < html.length;
  const after = isClosed ? tagEnd + 1 : html.length;
  if (!rawText.has(name)) return { type: 'open', tag: new Tag(name, html, nameEnd, tagEnd), end: after };
  const closing = closers.get(name) ?? /<\/style/gi;
  closing.lastIndex = after;
  const found = closing.exec(html);
  const contentEnd = found?.index ?? html.length;
  const end = found === null ? html.length : html.indexOf('>', contentEnd) + 1 || html.length;
  return name === 'style' ? { type: 'style', start: after, contentEnd, end } : { type: 'skip', end };
}

const closers = new Map([...rawText].map((name) => [name, new RegExp(`</${name}`, 'gi')]));

function textFrom(html: string, start: number, searchFrom: number): Token {
  const end = html.indexOf('<', searchFrom === start && html.charCodeAt(start) === lessThan ? start + 1 : searchFrom);
  return { type: 'text', start, end: end < 0 ? html.length : end };
}

function skipDeclaration(html: string, position: number): Token {
  if (!html.startsWith('<!--', position)) return skipTo(html, '>', position + 2);
  // "<!-->" and "<!--->" are whole comments.
  const end = html.indexOf('-->', position + 2);
  return { type: 'skip', end: end < 0 ? html.length : end + 3 };
}

function skipTo(html: string, ending: string, from: number): Token {
  const end = html.indexOf(ending, from);
  return { type: 'skip', end: end < 0 ? html.length : end + ending.length };
}

/** The '>' that ends a tag, not counting those inside quoted values. An unclosed tag takes the rest. */
function endOfTag(html: string, from: number): number {
  let index = from;
  while (index < html.length) {
    const unit = html.charCodeAt(index);
    if (unit === 0x3e) return index;
    if ((unit === 0x22 || unit === 0x27) && html.charCodeAt(index - 1) === 0x3d) {
      const close = html.indexOf(unit === 0x22 ? '"' : "'", index + 1);
      if (close < 0) return html.length;
      index = close;
    }
    index++;
  }
  return html.length;
}

function parseAttributes(html: string, start: number, end: number): Map<string, string> {
  const attributes = new Map<string, string>();
  let index = start;
  while (index < end && attributes.size < mostAttributes) {
    while (index < end && isSeparator(html.charCodeAt(index))) index++;
    const nameStart = index;
    while (index < end && !isSeparator(html.charCodeAt(index)) && html.charCodeAt(index) !== 0x3d) index++;
    const name = html.slice(nameStart, Math.min(index, nameStart + 40)).toLowerCase();
    while (index < end && isSpace(html.charCodeAt(index))) index++;
    let value = '';
    if (html.charCodeAt(index) === 0x3d && index < end) {
      index++;
      while (index < end && isSpace(html.charCodeAt(index))) index++;
      const quote = html.charCodeAt(index);
      if (quote === 0x22 || quote === 0x27) {
        const close = html.indexOf(quote === 0x22 ? '"' : "'", index + 1);
        const valueEnd = close < 0 || close > end ? end : close;
        value = html.slice(index + 1, valueEnd);
        index = valueEnd + 1;
      } else {
        const valueStart = index;
        while (index < end && !isSpace(html.charCodeAt(index))) index++;
        value = html.slice(valueStart, index);
      }
    }
    if (name !== '' && !attributes.has(name)) attributes.set(name, value);
    if (index === nameStart) index++;
  }
  return attributes;
}

function endOfName(html: string, from: number): number {
  let index = from;
  while (index < html.length && isNameUnit(html.charCodeAt(index))) index++;
  return index;
}

function isLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function isNameUnit(unit: number): boolean {
  return isLetter(unit) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2d || unit === 0x3a;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09 || unit === 0x0c;
}

function isSeparator(unit: number): boolean {
  return isSpace(unit) || unit === 0x2f;
}
