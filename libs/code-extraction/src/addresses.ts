import { linkMark, type LinkMention, type Rendering } from './message.js';

/** A web address in text: [start, end) and the address without the line break it may have been wrapped at. */
export type FoundUrl = { readonly start: number; readonly end: number; readonly url: string };

/**
 * Finds `http(s)://` addresses in text as it was written: ended by white space, quotes, angle brackets or East Asian
 * punctuation, without the punctuation of the sentence around it. An address in angle brackets, or one that fills its
 * line, may go on in the next. Linear: no address is longer than 8 kB, and the search goes on behind it.
 */
export function findUrls(text: string): FoundUrl[] {
  const found: FoundUrl[] = [];
  scheme.lastIndex = 0;
  for (let match = scheme.exec(text); match !== null && found.length < mostUrls; match = scheme.exec(text)) {
    const start = match.index;
    const inBrackets = text.charAt(start - 1) === '<';
    let end = endOfUrl(text, scheme.lastIndex);
    let url = text.slice(start, end);
    for (let lines = 0; lines < 20; lines++) {
      const next = continuation(text, start, end, inBrackets);
      if (next === undefined) break;
      url += text.slice(next, (end = endOfUrl(text, next)));
    }
    const trimmed = inBrackets && text.charAt(end) === '>' ? url : trimPunctuation(url);
    if (trimmed.length > scheme.lastIndex - start) {
      const trueEnd = end - (url.length - trimmed.length);
      found.push({ start, end: trueEnd, url: trimmed });
      scheme.lastIndex = trueEnd;
    }
  }
  return found;
}

/**
 * Replaces addresses that are shown in a rendering - links, mail addresses, bare domains - by marks of the same
 * length, so that no digit inside them is taken for a code. Links that are not yet known are added.
 */
export function maskAddresses(rendering: Rendering): Rendering {
  const { text } = rendering;
  const links: LinkMention[] = [...rendering.links];
  const pieces: string[] = [];
  let copiedUpTo = 0;
  const mask = (start: number, end: number, url: string | undefined): void => {
    pieces.push(text.slice(copiedUpTo, start), linkMark, filler.repeat(end - start - 1));
    copiedUpTo = end;
    const isShown = rendering.links.some((link) => link.start <= start && end <= link.end);
    if (url !== undefined && !isShown && links.length < mostUrls)
      links.push({ start, end: start, url, hasImageOnly: false });
  };
  for (const { start, end, url } of addresses(text)) mask(start, end, url);
  if (pieces.length === 0) return rendering;
  pieces.push(text.slice(copiedUpTo));
  return { text: pieces.join(''), spans: rendering.spans, links };
}

const scheme = /https?:\/\//gi;
const longestUrl = 8192;
const mostUrls = 400;
/** Fills the room of a masked address: in no word, no number, no space. */
const filler = '\ufff9';

function endOfUrl(text: string, from: number): number {
  const limit = Math.min(text.length, from + longestUrl);
  let index = from;
  while (index < limit && !endsUrl(text.charCodeAt(index))) index++;
  return index;
}

function endsUrl(unit: number): boolean {
  if (unit <= 0x20 || unit === 0x7f || unit === 0xa0) return true;
  if (unit === 0x22 || unit === 0x3c || unit === 0x3e || unit === 0x5e || unit === 0x60 || unit === 0x7c) return true;
  // General and CJK punctuation, kana, Han, Hangul, full-width forms: a sentence goes on without a space.
  return (
    (unit >= 0x2000 && unit <= 0x206f) ||
    (unit >= 0x0e00 && unit <= 0x0e7f) ||
    (unit >= 0x3000 && unit <= 0x9fff) ||
    (unit >= 0xac00 && unit <= 0xd7a3) ||
    unit >= 0xff00 ||
    unit === 0xab ||
    unit === 0xbb
  );
}

/** Where a wrapped address goes on in the next line, if it does. */
function continuation(text: string, start: number, end: number, inBrackets: boolean): number | undefined {
  const lineBreak = text.charAt(end) === '\r' ? end + 1 : end;
  if (text.charAt(lineBreak) !== '\n') return undefined;
  const next = lineBreak + 1;
  const nextEnd = endOfUrl(text, next);
  if (nextEnd === next) return undefined;
  if (inBrackets)
    return text.slice(next, next + longestUrl).search(/[>\s]/) >= 0 && text.charAt(nextEnd) !== ' ' ? next : undefined;
  const lineStart = text.lastIndexOf('\n', Math.max(0, end - 1)) + 1;
  const fillsLine = end - Math.max(lineStart, end - 200) >= 70 && end - start >= 40;
  const rest = text.slice(next, nextEnd);
  const isAlone = nextEnd >= text.length || text.charAt(nextEnd) === '\n' || text.charAt(nextEnd) === '\r';
  return fillsLine && isAlone && /[\d%=&_/]/.test(rest) && !/^https?:/i.test(rest) ? next : undefined;
}

function trimPunctuation(url: string): string {
  let end = url.length;
  for (; end > 0; end--) {
    const last = url.charAt(end - 1);
    if (`.,;:!?'*\\`.includes(last)) continue;
    const opening = last === ')' ? '(' : last === ']' ? '[' : last === '}' ? '{' : undefined;
    if (opening === undefined || url.slice(0, end - 1).includes(opening)) break;
  }
  return url.slice(0, end);
}

/** Links, mail addresses and domains shown in normalised text. */
function* addresses(text: string): Generator<{ start: number; end: number; url: string | undefined }> {
  let index = 0;
  while (index < text.length) {
    if (!isAddressUnit(text.charCodeAt(index))) {
      index++;
      continue;
    }
    const start = index;
    let hasDot = false;
    let hasAt = false;
    for (; index < text.length && isAddressUnit(text.charCodeAt(index)); index++) {
      const unit = text.charCodeAt(index);
      if (unit === 0x2e) hasDot = true;
      if (unit === 0x40) hasAt = true;
    }
    if ((!hasDot && !hasAt) || index - start > longestUrl) continue;
    const run = text.slice(start, index);
    const found = addressIn(run);
    if (found !== undefined) yield { start: start + found.start, end: start + found.end, url: found.url };
  }
}

function addressIn(run: string): { start: number; end: number; url: string | undefined } | undefined {
  const schemeAt = run.search(/https?:\/\//i);
  if (schemeAt >= 0) {
    const url = trimPunctuation(run.slice(schemeAt));
    return { start: schemeAt, end: schemeAt + url.length, url };
  }
  // "@example.com #123456" binds a code to a site, and "%example.com" to the frame's: no addresses.
  if (run.startsWith('@') || run.startsWith('%')) return undefined;
  const at = run.indexOf('@', 1);
  if (at > 0 && /[A-Za-z0-9]/.test(run.charAt(at + 1))) {
    const end = trimPunctuation(run).length;
    return { start: 0, end: Math.max(end, 1), url: undefined };
  }
  const domain =
    /^[^A-Za-z0-9]{0,3}((?:www\.)?(?:[A-Za-z0-9-]{1,63}\.){1,5}([A-Za-z]{2,12}))((?::\d{2,5})?[/?#].*)?[.,:?/#&=-]*$/.exec(
      run.slice(0, 2048),
    );
  if (domain?.[1] === undefined) return undefined;
  const host = domain[1];
  const topLevel = domain[2] ?? '';
  const label = host.slice(0, -topLevel.length - 1);
  const sameCase = topLevel === topLevel.toLowerCase() || host === host.toUpperCase();
  if (!sameCase || !/[A-Za-z]/.test(label) || !topLevels.has(topLevel.toLowerCase())) return undefined;
  const start = run.indexOf(host);
  const shown = trimPunctuation(host + (domain[3] ?? ''));
  const hasPath = shown.length > host.length + 1;
  return { start, end: start + shown.length, url: hasPath ? shown : undefined };
}

function isAddressUnit(unit: number): boolean {
  return addressUnits[unit] === 1;
}

/** Printable ASCII without quotes, brackets, comma, semicolon, '<', '>', '*', '^', '`', '|' and '!'. */
const addressUnits = Uint8Array.from({ length: 0x80 }, (_, unit) =>
  unit > 0x22 && unit < 0x7f && !`'()*,;<>[]^\`{|}`.includes(String.fromCharCode(unit)) ? 1 : 0,
);

/** Top-level domains seen in messages: a dot between a number and a word is more often a missing space. */
const topLevels = new Set(
  (
    'com org net io co app dev gov edu mil int info biz me tv us uk eu de fr es it nl be ch at pt se no dk fi is ie pl cz sk hu ro bg gr ' +
    'tr ru ua by kz rs hr si lt lv ee jp kr cn tw hk mo in pk bd lk np id my sg th vn ph la kh mm au nz ca mx br ar cl pe co ve uy ec ' +
    'za ng ke gh eg ma il ae sa qa kw ir iq jo lb example test link page site online shop store xyz cloud ai gg ly gl cc sh im fm ' +
    'bank pay health care team work tech live world today news email mobi name pro asia cat goog google page club top win vip bot run'
  ).split(' '),
);
