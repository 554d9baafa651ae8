import { baltic, greek, hungarian, turkish } from './vocabulary/european-others.js';
import { bengali, hindi, otherIndic, tamil } from './vocabulary/indic.js';
import { arabic, hebrew, persian, urdu } from './vocabulary/middle-eastern.js';
import { bulgarianAndSerbian, russian, ukrainian } from './vocabulary/cyrillic.js';
import { catalan, romanian } from './vocabulary/romance-others.js';
import { chinese, japanese, korean } from './vocabulary/east-asian.js';
import { czech, polish, southSlavic } from './vocabulary/slavic.js';
import { danish, finnish, norwegian, swedish } from './vocabulary/nordic.js';
import { dutch, german } from './vocabulary/germanic.js';
import { english } from './vocabulary/english.js';
import {
  african,
  filipino,
  malayIndonesian,
  otherSoutheastAsian,
  thai,
  vietnamese,
} from './vocabulary/southeast-asian.js';
import { french, italian, portuguese, spanish } from './vocabulary/romance.js';
import { functionWords } from './vocabulary/function-words.js';
import type { LanguageTable } from './vocabulary/concepts.js';

/** A table of phrases with the function words that tell its language. English is the first. */
export type Language = { readonly name: string; readonly table: LanguageTable; readonly functionWords: string };

const tables: Record<string, LanguageTable> = {
  english,
  spanish,
  portuguese,
  french,
  italian,
  romanian,
  catalan,
  german,
  dutch,
  swedish,
  danish,
  norwegian,
  finnish,
  polish,
  czech,
  southSlavic,
  russian,
  ukrainian,
  bulgarian: bulgarianAndSerbian,
  hungarian,
  greek,
  turkish,
  baltic,
  arabic,
  persian,
  hebrew,
  urdu,
  hindi,
  bengali,
  tamil,
  otherIndic,
  thai,
  vietnamese,
  malayIndonesian,
  filipino,
  swahili: african,
  otherSoutheastAsian,
  japanese,
  korean,
  chinese,
};

const words: Partial<Record<string, string>> = functionWords;

export const languages: readonly Language[] = Object.entries(tables).map(([name, table]) => ({
  name,
  table,
  functionWords: words[name] ?? '',
}));
