/** What a style does to the text inside it, as far as it matters here. Undefined means "as around it". */
export type TextStyle = {
  /** Cannot be undone by a style further in. */
  hidden?: boolean;
  /** Too small to read, or not: the innermost size counts. MJML writes `font-size:0` around every block of text. */
  tiny?: boolean;
  emphasis?: boolean;
  colour?: string;
  background?: string;
};

/** Reads the declarations of a `style` attribute or rule. Only the first 2 kB count. */
export function readDeclarations(style: string): TextStyle {
  const result: TextStyle = {};
  const declarations = style.slice(0, 2048).toLowerCase();
  if (!interesting.test(declarations)) return result;
  let zeroHeight = false;
  let clipped = false;
  for (const declaration of declarations.split(';', 40)) {
    const colon = declaration.indexOf(':');
    if (colon < 0) continue;
    const property = declaration.slice(0, colon).trim();
    const value = declaration
      .slice(colon + 1)
      .replace('!important', '')
      .trim();
    if (hides(property, value)) result.hidden = true;
    const tiny = property === 'font-size' ? isTiny(value) : undefined;
    if (tiny !== undefined) result.tiny = tiny;
    if (property === 'max-height' && isZero(value)) result.hidden = true;
    if ((property === 'height' || property === 'width' || property === 'max-width') && isZero(value)) zeroHeight = true;
    if (property.startsWith('overflow') && value === 'hidden') clipped = true;
    if (property === 'color') result.colour = colourOf(value);
    if (property === 'background-color' || property === 'background') result.background = colourOf(value);
    if (property === 'background-image') result.background = 'image';
    if (property === 'font-weight' && (value.startsWith('bold') || Number(value) >= 600)) result.emphasis = true;
    if (property === 'font-size' && parseFloat(value) >= 20 && value.endsWith('px')) result.emphasis = true;
    if (property === 'letter-spacing' && parseFloat(value) >= 2) result.emphasis = true;
  }
  if (zeroHeight && clipped) result.hidden = true;
  return result;
}

/**
 * The class and id rules of a style sheet that hide text or set its colour. Rules inside @-blocks are left out: they
 * hold for some screens only. At most 64 kB and 300 rules are read.
 */
export function readStyleSheet(sheet: string, rules: Map<string, TextStyle>): void {
  const source = sheet.slice(0, 65_536);
  let position = 0;
  for (let count = 0; count < 300; count++) {
    const open = source.indexOf('{', position);
    if (open < 0) return;
    const selector = source.slice(position, open).slice(-500).trim();
    if (selector.includes('@')) {
      position = endOfBlock(source, open);
      continue;
    }
    const close = source.indexOf('}', open);
    if (close < 0) return;
    position = close + 1;
    const style = readDeclarations(source.slice(open + 1, close));
    if (
      style.hidden === undefined &&
      style.tiny === undefined &&
      style.colour === undefined &&
      style.background === undefined
    )
      continue;
    for (const part of selector.split(',', 20)) {
      const simple = /^[a-z0-9]*([.#][\w-]+)$/i.exec(part.trim());
      if (simple?.[1] !== undefined) rules.set(simple[1], style);
    }
  }
}

/** A colour as `#rrggbb`, `transparent`, or the value as written where it is neither. */
export function colourOf(value: string): string {
  const text = value.trim().toLowerCase();
  const named = namedColours.get(text);
  if (named !== undefined) return named;
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text);
  if (short !== null) return `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}`;
  const rgb = /^rgba?\(\s*(\d{1,3})[ ,]\s*(\d{1,3})[ ,]\s*(\d{1,3})(?:\s*[,/]\s*([\d.]{1,6}))?\s*\)$/.exec(text);
  if (rgb !== null) {
    if (rgb[4] !== undefined && Number(rgb[4]) === 0) return 'transparent';
    return '#' + [rgb[1], rgb[2], rgb[3]].map((part) => Number(part).toString(16).padStart(2, '0')).join('');
  }
  return text.slice(0, 32);
}

/** Whether text of one colour cannot be read on the other. */
export function isUnreadable(colour: string, background: string): boolean {
  return colour === 'transparent' || colour === background;
}

const interesting =
  /disp|vis|font|line-through|opac|height|width|hide|color|background|indent|left|top|clip|spacing|transform/;

const namedColours = new Map([
  ['white', '#ffffff'],
  ['black', '#000000'],
  ['red', '#ff0000'],
  ['transparent', 'transparent'],
]);

function hides(property: string, value: string): boolean {
  switch (property) {
    case 'display':
      return value === 'none';
    case 'visibility':
      return value === 'hidden' || value === 'collapse';
    case 'mso-hide':
      return value === 'all';
    case 'text-decoration':
    case 'text-decoration-line':
      return value.includes('line-through');
    case 'opacity':
      return Number(value) <= 0.02;
    case 'text-indent':
    case 'left':
    case 'top':
    case 'margin-left':
      return parseFloat(value) <= -500;
    case 'clip':
      return /^rect\(\s*(0|1px)/.test(value);
    case 'clip-path':
      return value.startsWith('inset(50%') || value.startsWith('inset(100%');
    case 'transform':
      return value === 'scale(0)' || value === 'scale(0,0)';
    default:
      return false;
  }
}

/** Undefined for a size that is a share of the one around it. */
function isTiny(value: string): boolean | undefined {
  // One pixel is how preheaders are hidden from people but not from previews.
  if (/^[0-2](\.\d+)?(px|pt)?$/.test(value) || isZero(value)) return true;
  return /^[\d.]+(px|pt|rem|vw|mm|cm)$|^(x+-)?(small|large)$|^medium$/.test(value) ? false : undefined;
}

function isZero(value: string): boolean {
  return /^0(\.0+)?(px|pt|em|rem|%|vh|vw)?$/.test(value);
}

function endOfBlock(source: string, open: number): number {
  let depth = 0;
  for (let index = open; index < source.length; index++) {
    const unit = source.charCodeAt(index);
    if (unit === 0x7b) depth++;
    else if (unit === 0x7d && --depth === 0) return index + 1;
  }
  return source.length;
}
