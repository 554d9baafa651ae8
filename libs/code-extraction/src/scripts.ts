/** How a script joins its words, as far as finding phrases in it goes. */
export const Script = {
  /** No letter and no digit. */
  None: 0,
  /** Words between spaces. */
  Word: 1,
  /** No spaces between words: Han, kana, Hangul with its particles, Thai, Lao, Khmer, Burmese. */
  Unspaced: 2,
  /** Particles glued before a word: Arabic, Hebrew. */
  Prefixing: 3,
  /** Endings glued behind: the Indic scripts. */
  Inflecting: 4,
} as const;

/** The kind of script a UTF-16 unit belongs to. */
export function scriptOf(unit: number): number {
  return scripts[unit] ?? Script.None;
}

/** Whether a UTF-16 unit belongs to a script that writes without spaces between words. */
export function isUnspacedUnit(unit: number): boolean {
  return scripts[unit] === Script.Unspaced;
}

/** Whether a word ends between two units. A Latin word inside Chinese or Thai ends where the script changes. */
export function endsWord(last: number, following: number): boolean {
  const script = scriptOf(following);
  if (script === Script.None) return true;
  const before = scriptOf(last);
  return before === Script.None || (before === Script.Unspaced) !== (script === Script.Unspaced);
}

const scripts = buildScripts();

function buildScripts(): Uint8Array {
  const table = new Uint8Array(0x10000);
  const letterOrMark = /[\p{L}\p{M}]/u;
  for (let unit = 0x41; unit < 0x10000; unit++) {
    const isSurrogateOrPrivate = unit >= 0xd800 && unit < 0xf900;
    if (!isSurrogateOrPrivate && letterOrMark.test(String.fromCharCode(unit))) table[unit] = Script.Word;
  }
  for (let digit = 0x30; digit <= 0x39; digit++) table[digit] = Script.Word;
  const mark = (script: number, ranges: readonly (readonly [number, number])[]): void => {
    for (const [first, last] of ranges) {
      for (let unit = first; unit <= last; unit++) if (table[unit] !== Script.None) table[unit] = script;
    }
  };
  mark(Script.Prefixing, [
    [0x0590, 0x06ff],
    [0x0750, 0x077f],
    [0xfb1d, 0xfdff],
  ]);
  mark(Script.Inflecting, [[0x0900, 0x0dff]]);
  mark(Script.Unspaced, [
    [0x0e00, 0x0eff],
    [0x1000, 0x109f],
    [0x1780, 0x17ff],
    [0x3005, 0x30ff],
    [0x31f0, 0x31ff],
    [0x3400, 0x9fff],
    [0xac00, 0xd7a3],
    [0xf900, 0xfaff],
  ]);
  return table;
}
