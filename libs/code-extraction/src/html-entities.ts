/** Decodes HTML character references. Unknown ones stay as they are written. Linear. */
export function decodeEntities(text: string): string {
  let ampersand = text.indexOf('&');
  if (ampersand < 0) return text;
  let result = '';
  let copiedUpTo = 0;
  while (ampersand >= 0) {
    const decoded = decodeAt(text, ampersand);
    if (decoded !== undefined) {
      result += text.slice(copiedUpTo, ampersand) + decoded.text;
      copiedUpTo = decoded.end;
    }
    ampersand = text.indexOf('&', Math.max(ampersand + 1, copiedUpTo));
  }
  return result + text.slice(copiedUpTo);
}

const numeric = /&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));?/y;
const named = /&([a-zA-Z][a-zA-Z0-9]{1,9})(;?)/y;

function decodeAt(text: string, start: number): { text: string; end: number } | undefined {
  numeric.lastIndex = start;
  const number = numeric.exec(text);
  if (number !== null) {
    const codePoint = number[1] === undefined ? Number(number[2]) : parseInt(number[1], 16);
    const valid = codePoint > 0 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff);
    return { text: valid ? String.fromCodePoint(codePoint) : '\ufffd', end: numeric.lastIndex };
  }
  named.lastIndex = start;
  const name = named.exec(text);
  if (name === null) return undefined;
  const entity = name[1] ?? '';
  const value = entities.get(entity);
  // Without its semicolon only the oldest names are references, and never inside a query string ("&copy=1").
  if (value === undefined) return undefined;
  if (name[2] !== ';' && (!withoutSemicolon.has(entity) || text.charAt(named.lastIndex) === '=')) return undefined;
  return { text: value, end: named.lastIndex };
}

const withoutSemicolon = new Set(['amp', 'lt', 'gt', 'quot', 'nbsp']);

/** The names seen in mail: markup, spaces and invisible characters, punctuation, currencies, Latin-1 letters. */
const entities = new Map<string, string>([
  ...Object.entries({
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    apos: "'",
    nbsp: '\u00a0',
    ensp: '\u2002',
    emsp: '\u2003',
    thinsp: '\u2009',
    hairsp: '\u200a',
    numsp: '\u2007',
    zwnj: '\u200c',
    zwj: '\u200d',
    lrm: '\u200e',
    rlm: '\u200f',
    shy: '\u00ad',
    ZeroWidthSpace: '\u200b',
    NoBreak: '\u2060',
    ndash: '–',
    mdash: '—',
    minus: '−',
    hyphen: '‐',
    dash: '‐',
    lsquo: '‘',
    rsquo: '’',
    ldquo: '“',
    rdquo: '”',
    sbquo: '‚',
    bdquo: '„',
    laquo: '«',
    raquo: '»',
    lsaquo: '‹',
    rsaquo: '›',
    hellip: '…',
    bull: '•',
    middot: '·',
    sdot: '⋅',
    para: '¶',
    sect: '§',
    dagger: '†',
    trade: '™',
    copy: '©',
    reg: '®',
    deg: '°',
    plusmn: '±',
    times: '×',
    divide: '÷',
    euro: '€',
    pound: '£',
    yen: '¥',
    cent: '¢',
    curren: '¤',
    iexcl: '¡',
    iquest: '¿',
    ordf: 'ª',
    ordm: 'º',
    sup1: '¹',
    sup2: '²',
    sup3: '³',
    frac12: '½',
    frac14: '¼',
    larr: '←',
    rarr: '→',
    check: '✓',
    star: '☆',
    starf: '★',
    num: '#',
    excl: '!',
    dollar: '$',
    percnt: '%',
    lpar: '(',
    rpar: ')',
    ast: '*',
    plus: '+',
    comma: ',',
    period: '.',
    sol: '/',
    colon: ':',
    semi: ';',
    equals: '=',
    quest: '?',
    commat: '@',
    lsqb: '[',
    rsqb: ']',
    bsol: '\\',
    lowbar: '_',
    lcub: '{',
    rcub: '}',
    verbar: '|',
    Tab: '\t',
    NewLine: '\n',
    numero: '№',
    szlig: 'ß',
    OElig: 'Œ',
    oelig: 'œ',
    Scaron: 'Š',
    scaron: 'š',
    Yuml: 'Ÿ',
    inodot: 'ı',
    Zcaron: 'Ž',
    zcaron: 'ž',
  }),
  // The letters of Latin-1 in order, U+00C0 to U+00FF.
  ...(
    'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde ' +
    'Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc ' +
    'atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc ' +
    'otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
  )
    .split(' ')
    .map((name, index): [string, string] => [name, String.fromCharCode(0xc0 + index)]),
]);
