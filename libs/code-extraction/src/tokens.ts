import { isUnspacedUnit } from './scripts.js';

/** A run of ASCII letters and digits with the signs that join them, as it stands in a passage. */
export type Chunk = { readonly start: number; readonly end: number; readonly text: string; readonly kind: ChunkKind };

/**
 * What a run can be by its form alone.
 * digits: 4471. joined: digits with dashes, 883-019. decimal, time, date, range, version, phone: not a code by form.
 * tagged: G-284705. mixed: letters and digits, perhaps dashed. letters: capitals only, or dashed words. word: the rest.
 */
export type ChunkKind =
  | 'digits'
  | 'joined'
  | 'decimal'
  | 'time'
  | 'date'
  | 'version'
  | 'phone'
  | 'identifier'
  | 'tagged'
  | 'mixed'
  | 'letters'
  | 'word';

/** Cuts normalised text into runs. Linear; a run longer than 64 characters is an identifier and not looked into. */
export function chunksOf(text: string, limit: number): Chunk[] {
  const chunks: Chunk[] = [];
  let index = 0;
  while (index < text.length && chunks.length < limit) {
    if (!isAlphanumeric(text.charCodeAt(index))) {
      index++;
      continue;
    }
    const start = index;
    index = endOfRun(text, start);
    const run = text.slice(start, Math.min(index, start + longest + 1));
    chunks.push({ start, end: index, text: run, kind: kindOf(run) });
  }
  return chunks;
}

export function isAsciiDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

export function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

const longest = 64;

function isAlphanumeric(unit: number): boolean {
  return isAsciiDigit(unit) || isAsciiLetter(unit);
}

function endOfRun(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    if (isAlphanumeric(unit)) {
      index++;
      continue;
    }
    const before = text.charCodeAt(index - 1);
    const after = text.charCodeAt(index + 1);
    if (!isAlphanumeric(after)) return index;
    if (unit === 0x2d || unit === 0x5f) index++;
    else if (isNumberJoiner(unit) && isAsciiDigit(before) && isAsciiDigit(after)) {
      if (unit === 0x2c && endsNumber(text, start, index)) return index;
      index++;
    } else if (unit === 0x2e && isAlphanumeric(before) && startsLowerOrDigit(before, after)) index++;
    else return index;
  }
  return index;
}

/** A comma without its space: "123456,5分钟" is a code and a time, "1842,50" is one number. */
function endsNumber(text: string, start: number, comma: number): boolean {
  if (comma - start < 4 || !/^\d+$/.test(text.slice(start, Math.min(comma, start + 12)))) return false;
  let end = comma + 1;
  while (end < comma + 5 && isAsciiDigit(text.charCodeAt(end))) end++;
  return end - comma === 2 || isUnspacedUnit(text.charCodeAt(end));
}

/** '.', ',', ':', '/', an apostrophe and a middle dot stand inside numbers, dates and times. */
function isNumberJoiner(unit: number): boolean {
  return unit === 0x2e || unit === 0x2c || unit === 0x3a || unit === 0x2f || unit === 0x27 || unit === 0xb7;
}

/** "v1.2", "file.txt", but not "123456.Do", a full stop without its space. */
function startsLowerOrDigit(before: number, after: number): boolean {
  if (isAsciiDigit(before) && isAsciiLetter(after)) return false;
  return isAsciiDigit(after) || after >= 0x61;
}

function kindOf(run: string): ChunkKind {
  if (run.length > longest) return 'identifier';
  if (/^\d+$/.test(run)) return 'digits';
  if (/^[\d.,:/'·-]+$/.test(run)) return numericKind(run);
  if (run.includes('_')) return 'identifier';
  if (run.includes('.') || run.includes(',') || run.includes(':'))
    return /^v?\d+(\.\d+)+/i.test(run) ? 'version' : 'identifier';
  // "10h14", as French and Portuguese write a time.
  if (/^\d{1,2}[hH]\d{2}$/.test(run)) return 'time';
  if (!/\d/.test(run))
    return /^[A-Z]{4,10}$/.test(run) || /^[A-Za-z]{2,12}(-[A-Za-z]{2,12}){1,5}$/.test(run) ? 'letters' : 'word';
  if (/^[A-Za-z]{1,4}-\d{4,8}$/.test(run)) return 'tagged';
  return 'mixed';
}

function numericKind(run: string): ChunkKind {
  if (/^\d+(-\d+)+$/.test(run)) return dashedKind(run);
  if (/^\d{1,2}[:.]\d{2}([:.]\d{2})?(-\d{1,2}[:.]\d{2})?$/.test(run) && run.includes(':')) return 'time';
  if (/^\d{1,4}\/\d{1,2}(\/\d{1,4})?(-\d{1,2}\/\d{1,2})?$/.test(run)) return 'date';
  if (/^\d{1,2}\.\d{1,2}\.(\d{4}|\d{2})$/.test(run) || /^\d{4}\.\d{1,2}\.\d{1,2}$/.test(run)) return 'date';
  if (/^\d(·\d){3,9}$/.test(run)) return 'joined';
  if (/^\d(\.\d){3,9}$/.test(run) && run.length !== 7) return 'joined';
  if (/^\d{1,3}([.,']\d{3})+([.,]\d{1,2})?$/.test(run) || /^\d+[.,]\d{1,2}$/.test(run)) return 'decimal';
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(run) || /^\d+(\.\d+){2,}$/.test(run)) return 'version';
  return /^\d+[.,]\d+$/.test(run) ? 'decimal' : 'identifier';
}

function dashedKind(run: string): ChunkKind {
  const groups = run.split('-');
  const lengths = groups.map((group) => group.length).join('');
  if (lengths === '422' || lengths === '224' || (lengths === '22' && isDayAndMonth(groups))) return 'date';
  if (lengths === '44' && groups.every((group) => /^(?:19|20)\d\d$/.test(group))) return 'date';
  if (lengths === '222' && isShortDate(groups.map(Number))) return 'date';
  const digits = run.length - groups.length + 1;
  if (digits >= 10 || lengths === '334' || lengths === '1334') return 'phone';
  return digits <= 9 && (digits >= 4 || groups.length > 2) ? 'joined' : 'identifier';
}

function isDayAndMonth(groups: readonly string[]): boolean {
  return groups.every((group) => Number(group) >= 1 && Number(group) <= 31);
}

/** 20-11-26, 11-20-26 or 26-11-20. */
function isShortDate([first = 0, second = 0, third = 0]: readonly number[]): boolean {
  const isDay = (value: number): boolean => value >= 1 && value <= 31;
  const isMonth = (value: number): boolean => value >= 1 && value <= 12;
  return (isDay(first) && isMonth(second)) || (isMonth(first) && isDay(second)) || (isMonth(second) && isDay(third));
}
