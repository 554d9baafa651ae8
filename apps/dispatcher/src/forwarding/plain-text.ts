const longestHtml = 512 * 1_024;
const lineEnding = new Set(
  'address article blockquote br div dd dl dt fieldset form h1 h2 h3 h4 h5 h6 hr li ol p pre section table tr ul'.split(
    ' ',
  ),
);
const unseen = new Set(['head', 'script', 'style', 'template', 'title']);
const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', zwnj: '' };

/** The words of an HTML mail, with the addresses of its links behind them. For people to read; linear in its length. */
export function plainText(html: string): string {
  const source = html.slice(0, longestHtml);
  const pieces: string[] = [];
  let link: string | null = null;
  let position = 0;
  while (position < source.length) {
    const start = source.indexOf('<', position);
    pieces.push(words(source.slice(position, start === -1 ? undefined : start)));
    if (start === -1) break;
    if (source.startsWith('<!--', start)) {
      position = after(source, '-->', start);
      continue;
    }
    const end = after(source, '>', start);
    const [, slash = '', name = ''] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(source.slice(start, start + 32)) ?? [];
    const tag = name.toLowerCase();
    position = end;
    if (slash === '' && unseen.has(tag)) position = afterElement(source, tag, end);
    else if (lineEnding.has(tag)) pieces.push('\n');
    else if (tag === 'td' || tag === 'th') pieces.push(' ');
    else if (tag === 'a' && slash === '') link = targetOf(source.slice(start, end));
    else if (tag === 'a' && link !== null) {
      pieces.push(` <${link}>`);
      link = null;
    }
  }
  const lines = pieces.join('').split('\n');
  return lines
    .map((line) => line.replace(/[ \t\r\f\u00a0]+/g, ' ').trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function words(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? whole;
    const hex = name[1] === 'x' || name[1] === 'X';
    const point = parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
    return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : '';
  });
}

/** Web addresses alone: what else a link may hold does nothing good in a mail of ours. */
function targetOf(tag: string): string | null {
  const [, double, single, bare] = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/i.exec(tag.slice(0, 8_192)) ?? [];
  const target = words(double ?? single ?? bare ?? '').trim();
  return /^https?:\/\/\S+$/i.test(target) ? target : null;
}

function after(source: string, mark: string, from: number): number {
  const found = source.indexOf(mark, from);
  return found === -1 ? source.length : found + mark.length;
}

/** Where an element ends whose content nobody sees. */
function afterElement(source: string, tag: string, from: number): number {
  const closing = new RegExp(`</${tag}\\s*>`, 'gi');
  closing.lastIndex = from;
  return closing.exec(source) === null ? source.length : closing.lastIndex;
}
