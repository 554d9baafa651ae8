import { colourOf, isUnreadable, readDeclarations, readStyleSheet, type TextStyle } from './html-style.js';
import { blocks, cells, crossedOut, emphasising, emptyElements, invisible } from './html-elements.js';
import { decodeEntities } from './html-entities.js';
import { maskAddresses } from './addresses.js';
import { nextToken, type Tag } from './html-tokens.js';
import { normalise } from './normalise.js';
import { linkMark, type LinkMention, type Rendering, type Span } from './message.js';

/**
 * What a person would see of an HTML mail, as text: hidden elements, comments, scripts, styles and the title are left
 * out; blocks end lines, table cells end with a tab, so that one digit per cell can be put together again.
 * Linear in the length of the input; reads at most `visibleLimit` characters of visible text and `mostTokens` tags.
 */
export function htmlToText(html: string): Rendering {
  const page = new Page();
  let position = 0;
  for (let count = 0; position < html.length && page.length < visibleLimit && count < mostTokens; count++) {
    const token = nextToken(html, position);
    position = token.end;
    if (token.type === 'text') page.addText(html.slice(token.start, token.end));
    else if (token.type === 'style') readStyleSheet(html.slice(token.start, token.contentEnd), page.rules);
    else if (token.type === 'open') page.open(token.tag);
    else if (token.type === 'close') page.close(token.name);
  }
  return page.finish();
}

const visibleLimit = 48 * 1024;
/** Entities and invisible characters take more room in the source than on the page. */
const sourcePerVisible = 4;
const mostTokens = 40_000;
const longestUrl = 8192;
const deepest = 256;
const mostLinks = 400;

type Element = {
  readonly name: string;
  /** Hidden with everything inside it. */
  readonly gone: boolean;
  readonly tiny: boolean;
  /** Its own text cannot be read. */
  readonly hidden: boolean;
  readonly colour: string | undefined;
  readonly background: string;
  readonly spans: readonly { kind: Span['kind']; start: number }[];
  readonly link: { start: number; url: string; sawImage: boolean } | undefined;
};

class Page {
  readonly rules = new Map<string, TextStyle>();
  length = 0;
  private readonly pieces: string[] = [];
  private readonly spans: Span[] = [];
  private readonly links: LinkMention[] = [];
  private readonly stack: Element[] = [];
  private readonly inlineStyles = new Map<string, TextStyle>();
  private readonly openCount = new Map<string, number>();
  /** The last character written: space runs collapse across elements. */
  private last = '\n';
  private inPre = 0;

  addText(raw: string): void {
    if (this.top?.hidden === true) return;
    const room = Math.max(0, visibleLimit - this.length) * sourcePerVisible;
    const decoded = normalise(decodeEntities(raw.slice(0, room)));
    this.write(this.inPre > 0 ? decoded : collapse(decoded, this.last));
  }

  open(tag: Tag): void {
    const { name } = tag;
    if (name === 'br' || name === 'hr') return this.write('\n');
    if (name === 'img') return this.image(tag);
    if (name === 'input') return this.input(tag);
    if (emptyElements.has(name)) return;
    this.closeImplied(name);
    if (blocks.has(name)) this.breakLine();
    if (this.stack.length >= deepest) return;
    const element = this.elementOf(tag);
    this.stack.push(element);
    this.openCount.set(name, (this.openCount.get(name) ?? 0) + 1);
    if (name === 'pre') this.inPre++;
    if (element.link !== undefined && !element.hidden) this.write(linkMark);
  }

  close(name: string): void {
    if (name === 'br' || name === 'p') this.breakLine();
    if ((this.openCount.get(name) ?? 0) === 0) return;
    while (this.stack.length > 0) if (this.pop() === name) return;
  }

  finish(): Rendering {
    while (this.stack.length > 0) this.pop();
    return maskAddresses({ text: this.pieces.join(''), spans: this.spans, links: this.links });
  }

  private get top(): Element | undefined {
    return this.stack[this.stack.length - 1];
  }

  private write(text: string): void {
    if (text === '' || this.top?.hidden === true) return;
    this.pieces.push(text);
    this.length += text.length;
    this.last = text.charAt(text.length - 1);
  }

  private breakLine(): void {
    if (this.last !== '\n') this.write('\n');
  }

  private elementOf(tag: Tag): Element {
    const around = this.top;
    const style = this.styleOf(tag);
    const colour = style.colour ?? around?.colour;
    const background = style.background ?? around?.background ?? '';
    const spans: { kind: Span['kind']; start: number }[] = [];
    const add = (kind: Span['kind']): void => void spans.push({ kind, start: this.length });
    if (emphasising.has(tag.name) || style.emphasis === true) add('emphasis');
    if (
      tag.name === 'blockquote' ||
      /\b(gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote)/.test(tag.attribute('class'))
    )
      add('quoted');
    const unreadable = colour !== undefined && background !== '' && isUnreadable(colour, background);
    // White on the default background would be white on white, unless a style sheet paints it: faint, not hidden.
    if (style.colour === '#ffffff' && background === '') add('faint');
    const href = tag.name === 'a' ? decodeEntities(tag.attribute('href').slice(0, longestUrl + 1)).trim() : '';
    const isLink = /^https?:\/\//i.test(href) && href.length <= longestUrl && this.links.length < mostLinks;
    const gone =
      around?.gone === true ||
      style.hidden === true ||
      invisible.has(tag.name) ||
      crossedOut.has(tag.name) ||
      tag.has('hidden');
    const tiny = style.tiny ?? around?.tiny ?? false;
    return {
      name: tag.name,
      gone,
      tiny,
      hidden: gone || tiny || unreadable,
      colour,
      background,
      spans,
      link: isLink ? { start: this.length, url: href, sawImage: false } : undefined,
    };
  }

  private styleOf(tag: Tag): TextStyle {
    const style: TextStyle = {};
    if (this.rules.size > 0) {
      const id = tag.attribute('id');
      if (id !== '') Object.assign(style, this.rules.get(`#${id}`));
      const classes = tag.attribute('class');
      if (classes !== '')
        for (const name of classes.slice(0, 512).split(/\s+/, 16)) Object.assign(style, this.rules.get(`.${name}`));
    }
    const bgcolor = tag.attribute('bgcolor');
    if (bgcolor !== '') style.background = colourOf(bgcolor);
    if (tag.name === 'font' && tag.has('color')) style.colour = colourOf(tag.attribute('color'));
    const inline = tag.attribute('style');
    return inline === '' ? style : Object.assign(style, this.inlineStyle(inline.slice(0, 2048)));
  }

  /** Mail repeats a few inline styles on every cell. */
  private inlineStyle(written: string): TextStyle {
    const known = this.inlineStyles.get(written);
    if (known !== undefined) return known;
    const style = readDeclarations(decodeEntities(written));
    if (this.inlineStyles.size < 500) this.inlineStyles.set(written, style);
    return style;
  }

  /** A picture's words are read in its place, as most programs do when they do not load it. */
  private image(tag: Tag): void {
    const around = this.top;
    const style = this.styleOf(tag);
    const isPixel = /^[01](px)?$/.test(tag.attribute('width')) || /^[01](px)?$/.test(tag.attribute('height'));
    if (style.hidden === true || isPixel) return;
    for (let depth = this.stack.length - 1; depth >= 0 && depth >= this.stack.length - 4; depth--) {
      const link = this.stack[depth]?.link;
      if (link !== undefined) link.sawImage = true;
    }
    const words = normalise(decodeEntities(tag.attribute('alt').slice(0, 512))).trim();
    if (words !== '' && around?.hidden !== true) this.write(` ${words} `);
  }

  private input(tag: Tag): void {
    const type = tag.attribute('type').toLowerCase();
    if (type === 'hidden' || type === 'checkbox' || type === 'radio' || this.styleOf(tag).hidden === true) return;
    const value = normalise(decodeEntities(tag.attribute('value').slice(0, 64))).trim();
    if (value !== '') this.write(` ${value} `);
  }

  private closeImplied(name: string): void {
    if (name === 'p' || name === 'div' || name === 'table' || name === 'ul' || name === 'ol') {
      if (this.top?.name === 'p') this.pop();
    } else if (name === 'li' || name === 'option' || name === 'dt' || name === 'dd') {
      if (this.top?.name === name) this.pop();
    } else if (cells.has(name) || name === 'tr') {
      this.closeWithinTable(name);
    } else if (name === 'a' && (this.openCount.get('a') ?? 0) > 0) {
      this.close('a');
    }
  }

  /** A new cell ends the open one, a new row ends the open row; neither reaches out of its table. */
  private closeWithinTable(name: string): void {
    for (let depth = this.stack.length - 1; depth >= 0; depth--) {
      const open = this.stack[depth]?.name ?? '';
      if (open === 'table' || open === 'tbody' || open === 'thead') return;
      if (open === 'tr' && name !== 'tr') return;
      if (cells.has(open) || open === 'tr') {
        while (this.stack.length > depth) this.pop();
      }
    }
  }

  private pop(): string {
    const element = this.stack.pop();
    if (element === undefined) return '';
    const { name } = element;
    this.openCount.set(name, (this.openCount.get(name) ?? 1) - 1);
    if (name === 'pre') this.inPre--;
    if (!element.hidden) {
      for (const span of element.spans) {
        if (this.length > span.start && this.spans.length < 5000)
          this.spans.push({ kind: span.kind, start: span.start, end: this.length });
      }
      if (element.link !== undefined) this.finishLink(element.link);
    }
    if (blocks.has(name)) this.breakLine();
    else if (cells.has(name) && this.last !== '\n') this.write('\t');
    return name;
  }

  private finishLink(link: { start: number; url: string; sawImage: boolean }): void {
    const isBare = this.length === link.start + 1;
    this.links.push({ start: link.start, end: this.length, url: link.url, hasImageOnly: isBare && link.sawImage });
    if (this.links.length < mostLinks) this.spans.push({ kind: 'anchor', start: link.start, end: this.length });
  }
}

/** Runs of white space become one space, none after white space. Non-breaking and zero-width characters stay. */
function collapse(text: string, before: string): string {
  const single = text.replace(/[ \t\r\n\f]+/g, ' ');
  const follows = before === ' ' || before === '\n' || before === '\t';
  return follows && single.startsWith(' ') ? single.slice(1) : single;
}
