/**
 * Brings text to the form in which it is searched: digits of every writing system and full-width letters become
 * ASCII, invisible characters go, every kind of space is a space. Linear, one pass.
 */
export function normalise(text: string): string {
  if (!needsWork.test(text)) return text;
  const composed = combiningMark.test(text) ? text.normalize('NFC') : text;
  let result = '';
  let copiedUpTo = 0;
  for (let index = 0; index < composed.length; index++) {
    const unit = composed.charCodeAt(index);
    if (unit < 0x7f && (unit >= 0x20 || unit === 0x0a || unit === 0x09)) continue;
    const isPair = unit >= 0xd800 && unit < 0xdc00 && index + 1 < composed.length;
    const replacement = isPair ? replaceAstral(composed.codePointAt(index) ?? 0) : replacements[unit];
    if (replacement !== undefined) {
      result += composed.slice(copiedUpTo, index) + replacement;
      copiedUpTo = index + (isPair ? 2 : 1);
    }
    if (isPair) index++;
  }
  return result + composed.slice(copiedUpTo);
}

/**
 * Lower case without accents, one UTF-16 unit for one, so that a position in the folded text is the same position
 * in the text. Latin, Greek, Cyrillic and the spelling variants of Arabic are folded; other scripts have no case.
 */
export function fold(text: string): string {
  let result = '';
  let copiedUpTo = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const folded = foldedUnits[unit] ?? unit;
    if (folded === unit) continue;
    result += text.slice(copiedUpTo, index) + String.fromCharCode(folded);
    copiedUpTo = index + 1;
  }
  return result + text.slice(copiedUpTo);
}

/** Anything outside printable ASCII, tab and line feed. */
const needsWork = /[^\x20-\x7e\n\t]/;
const combiningMark = /[\u0300-\u036f]/;

/** First code points of the decimal digit ranges of Unicode's basic plane (general category Nd). */
const digitZeros = [
  0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
  0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
  0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/** Zero-width and formatting characters, soft hyphens, variation selectors, keycaps; Arabic and Hebrew vowel marks. */
const removedRanges: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x0591, 0x05bd],
  [0x05bf, 0x05c7],
  [0x061c, 0x061c],
  [0x0640, 0x0640],
  [0x064b, 0x0652],
  [0x0670, 0x0670],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180e],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x20e3, 0x20e3],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
];

/** Spellings that keyboards and writers use for one letter. */
const arabicVariants = [
  ['أإآٱ', 'ا'],
  ['ىیې', 'ي'],
  ['ک', 'ك'],
  ['ةۀہھ', 'ه'],
  ['ؤ', 'و'],
  ['ئ', 'ي'],
] as const;

const replacements = buildReplacements();
const foldedUnits = buildFoldedUnits();

function buildReplacements(): (string | undefined)[] {
  const table = new Array<string | undefined>(0x10000);
  for (let unit = 0; unit < 0x20; unit++) table[unit] = ' ';
  table[0x0d] = '';
  table[0x0a] = undefined;
  table[0x09] = undefined;
  table[0x7f] = ' ';
  for (const space of [0xa0, 0x1680, 0x202f, 0x205f, 0x3000, 0x0085]) table[space] = ' ';
  for (let space = 0x2000; space <= 0x200a; space++) table[space] = ' ';
  table[0x2028] = '\n';
  table[0x2029] = '\n';
  for (const [first, last] of removedRanges) for (let unit = first; unit <= last; unit++) table[unit] = '';
  for (let unit = 0xff01; unit <= 0xff5e; unit++) table[unit] = String.fromCharCode(unit - 0xfee0);
  // An ASCII comma between two digits would make one number of them.
  table[0xff0c] = ', ';
  for (const zero of digitZeros) for (let digit = 0; digit < 10; digit++) table[zero + digit] = String(digit);
  for (const dash of [0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xfe58, 0xfe63, 0xff0d]) table[dash] = '-';
  for (const quote of [0x2018, 0x2019, 0x02bc, 0xff07]) table[quote] = "'";
  for (const star of [0x2022, 0x25cf, 0x2217, 0x204e, 0xff0a, 0x2219, 0x22c6]) table[star] = '*';
  table[0x2026] = '...';
  table[0x066b] = '.';
  table[0x066c] = ',';
  return table;
}

/** Bold, double-struck and other mathematical letters and digits, and the invisible tags plane. */
function replaceAstral(codePoint: number): string | undefined {
  if (codePoint >= 0xe0000 && codePoint <= 0xe01ef) return '';
  if (codePoint >= 0x1d7ce && codePoint <= 0x1d7ff) return String((codePoint - 0x1d7ce) % 10);
  if (codePoint >= 0x1fbf0 && codePoint <= 0x1fbf9) return String(codePoint - 0x1fbf0);
  if (codePoint >= 0x1d400 && codePoint <= 0x1d6a3) return String.fromCodePoint(codePoint).normalize('NFKC');
  return undefined;
}

function buildFoldedUnits(): Uint16Array {
  const table = new Uint16Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit++) table[unit] = unit;
  const ranges = [
    [0x41, 0x5a],
    [0xc0, 0x24f],
    [0x370, 0x52f],
    [0x1e00, 0x1fff],
  ] as const;
  for (const [first, last] of ranges) {
    for (let unit = first; unit <= last; unit++) {
      const base = String.fromCharCode(unit).toLowerCase().normalize('NFD').charCodeAt(0);
      table[unit] = base;
    }
  }
  const special = 'đdłløoßsıiæaœoþtðdħhŋnςσ';
  for (let index = 0; index < special.length; index += 2) {
    const from = special.charAt(index);
    table[from.charCodeAt(0)] = special.charCodeAt(index + 1);
    table[from.toUpperCase().charCodeAt(0)] = special.charCodeAt(index + 1);
  }
  table[0x0130] = 0x69;
  // 'ß' has the upper case 'SS', whose first letter must stay an 's'.
  table[0x53] = 0x73;
  table[0x49] = 0x69;
  for (const [variants, base] of arabicVariants) {
    for (const variant of variants) table[variant.charCodeAt(0)] = base.charCodeAt(0);
  }
  return table;
}
