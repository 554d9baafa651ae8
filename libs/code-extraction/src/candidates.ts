import { countDialled, isDialled, isMasked } from './number-signs.js';
import { measureOf } from './measures.js';
import { originBound, retrieverHash } from './service-lines.js';
import type { Chunk } from './tokens.js';
import type { Occupied, Shape, Sighting } from './sighting.js';
import type { Passage } from './passage.js';

/**
 * Everything in a passage that could be a code, in order, and the numbers that could not.
 *
 * @param names the words of the sender's name, folded
 */
export function sightingsIn(
  passage: Passage,
  names: ReadonlySet<string>,
): { sightings: Sighting[]; occupied: Occupied[] } {
  const sightings: Sighting[] = [];
  const occupied: Occupied[] = [];
  const hash = retrieverHash(passage);
  const bound = originBound(passage);
  if (bound !== undefined) sightings.push(bound);
  const { chunks } = passage;
  for (let index = 0; index < chunks.length && sightings.length < mostSightings;) {
    const chunk = chunks[index];
    if (chunk === undefined) break;
    if (hash !== undefined && chunk.start >= hash) break;
    if (bound !== undefined && chunk.start >= bound.start && chunk.end <= bound.end) {
      index++;
      continue;
    }
    const taken = readNumber(passage, index, names) ?? readWord(passage, chunk);
    if (taken.sighting !== undefined) sightings.push(taken.sighting);
    if (taken.occupies)
      occupied.push({
        start: chunk.start,
        end: chunks[index + taken.count - 1]?.end ?? chunk.end,
        isPlain: taken.isPlain,
      });
    index += taken.count;
  }
  return { sightings, occupied };
}

type Taken = { count: number; sighting?: Sighting | undefined; occupies: boolean; isPlain: boolean };

const mostSightings = 300;

/** A number, possibly written in several groups. */
function readNumber(passage: Passage, index: number, names: ReadonlySet<string>): Taken | undefined {
  const chunk = passage.chunks[index];
  if (chunk === undefined) return undefined;
  const cells = readCells(passage, index);
  if (cells !== undefined) return cells;
  if (chunk.kind === 'joined' || chunk.kind === 'tagged') return readJoined(passage, index, chunk, names);
  if (chunk.kind !== 'digits') return undefined;
  const { text } = passage;
  const group = groupFrom(passage, index);
  const last = group[group.length - 1] ?? chunk;
  const none: Taken = { count: group.length, occupies: true, isPlain: true };
  if (isDialled(text, chunk, last)) return { ...none, count: countDialled(passage, index) };
  if (isMasked(text, chunk, last)) return none;
  const lengths = group.map((part) => part.text.length).join('');
  const total = group.reduce((sum, part) => sum + part.text.length, 0);
  if (group.length > 1 && !codeGroups.has(lengths)) {
    // "9405 5112 0620 7718" and "0850 220 00 00" are one long number; "4471 88213" are two.
    if (total >= 9 && (group.length > 2 || group.every((part) => part.text.length <= 5))) return none;
    return { ...readSingle(passage, index, chunk), count: 1 };
  }
  // "Nov 20 2026" is no group of six.
  if (group.length === 1 || measureOf(passage, chunk.start, chunk.end) === 'date')
    return readSingle(passage, index, chunk);
  if (measureOf(passage, chunk.start, last.end) !== undefined) return { ...none, isPlain: false };
  return {
    ...none,
    sighting: sighting(passage, chunk.start, last.end, group.map((part) => part.text).join(''), 'groups', index),
  };
}

/** Ways in which codes are grouped with spaces. 3-4 and longer ones are how telephone numbers are. */
const codeGroups = new Set(['33', '44', '222', '22', '333', '2222', '24', '42', '34', '323']);

function readSingle(passage: Passage, index: number, chunk: Chunk): Taken {
  const { text } = passage;
  const measure = measureOf(passage, chunk.start, chunk.end);
  if (measure !== undefined) return { count: 1, occupies: true, isPlain: false };
  const length = chunk.text.length;
  const isAttached = text.charAt(chunk.start - 1) === '#' && /[\w]/.test(text.charAt(chunk.start - 2));
  if (length < 3 || length > 10 || isAttached) return { count: 1, occupies: length >= 3, isPlain: true };
  return {
    count: 1,
    occupies: true,
    isPlain: true,
    sighting: sighting(passage, chunk.start, chunk.end, chunk.text, 'digits', index),
  };
}

/** A British sort code or an Australian BSB with its account number. */
const accountNumber = /^(?:\d\d-\d\d-\d\d \d{8}|\d{3}-\d{3} \d{6,9})$/;

function readJoined(passage: Passage, index: number, chunk: Chunk, names: ReadonlySet<string>): Taken {
  const last = chunk;
  if (
    isDialled(passage.text, chunk, last) ||
    isMasked(passage.text, chunk, last) ||
    measureOf(passage, chunk.start, chunk.end) !== undefined
  ) {
    return { count: 1, occupies: true, isPlain: true };
  }
  const next = passage.chunks[index + 1];
  if (next?.kind === 'digits' && accountNumber.test(passage.text.slice(chunk.start, next.end))) {
    return { count: 2, occupies: true, isPlain: true };
  }
  const taken: Taken = { count: 1, occupies: true, isPlain: true };
  if (chunk.kind === 'joined') {
    return {
      ...taken,
      sighting: sighting(passage, chunk.start, chunk.end, chunk.text.replace(/\D/g, ''), 'groups', index),
    };
  }
  const [tag = '', digits = ''] = chunk.text.split('-');
  const isSenders = knownTags.has(tag) || [...names].some((name) => abbreviates(tag.toLowerCase(), name));
  const [value, shape] = isSenders ? ([digits, 'tagged'] as const) : ([chunk.text, 'mixed'] as const);
  return { ...taken, sighting: sighting(passage, chunk.start, chunk.end, value, shape, index) };
}

/** Tags that services put before a code; one that abbreviates the sender's name is one too. */
const knownTags = new Set(['G', 'FB', 'IG', 'WA']);

/** "fb" abbreviates "facebook": it begins alike and its letters follow in order. */
function abbreviates(tag: string, name: string): boolean {
  if (tag === '' || tag[0] !== name[0]) return false;
  let at = 0;
  for (const letter of tag) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** One character per cell, or letter-spaced: "9 0 2 1 6 8". A scale from 0 or 1 upwards is a rating, not a code. */
function readCells(passage: Passage, index: number): Taken | undefined {
  const parts: Chunk[] = [];
  for (let next = index; next < passage.chunks.length && parts.length < 12; next++) {
    const chunk = passage.chunks[next];
    if (chunk === undefined || chunk.text.length !== 1 || !/[0-9A-Z]/.test(chunk.text)) break;
    const before = parts[parts.length - 1];
    if (before !== undefined && !/^[\s|·•*_-]{1,4}$/.test(passage.text.slice(before.end, chunk.start))) break;
    parts.push(chunk);
  }
  const first = parts[0];
  const last = parts[parts.length - 1];
  if (first === undefined || last === undefined || parts.length < 4) return undefined;
  const value = parts.map((part) => part.text).join('');
  const taken: Taken = { count: parts.length, occupies: true, isPlain: true };
  if ('0123456789'.includes(value) && (value.startsWith('0') || value.startsWith('1')) && value.length !== 6)
    return taken;
  if (value === '12345678910'.slice(0, value.length) && value.length > 6) return taken;
  if (parts.length > 10 || !/\d/.test(value)) return taken;
  return {
    ...taken,
    sighting: {
      passage,
      start: first.start,
      end: last.end,
      value,
      shape: /^\d+$/.test(value) ? 'cells' : 'mixed',
      continues: false,
    },
  };
}

/** Letters with digits, capitals alone, or words joined by dashes: codes only where something says so. */
function readWord(passage: Passage, chunk: Chunk): Taken {
  const none: Taken = { count: 1, occupies: chunk.kind !== 'word' && chunk.kind !== 'letters', isPlain: false };
  const { text } = chunk;
  if (isMarked(passage.text, chunk)) return none;
  const glued = /^(?:otp|pin|code|kod|kode|tac|tan)(\d{4,8})$/i.exec(text);
  if (glued?.[1] !== undefined) {
    return {
      ...none,
      isPlain: true,
      sighting: { passage, start: chunk.start, end: chunk.end, value: glued[1], shape: 'tagged', continues: false },
    };
  }
  if (chunk.kind === 'mixed') {
    const length = text.replaceAll('-', '').length;
    if (length < 4 || length > 16 || text.split('-').length > 4 || unitSuffix.test(text) || ordinal.test(text))
      return none;
    if (isMasked(passage.text, chunk, chunk) || /^[xX]{2,}\d+$/.test(text)) return { ...none, isPlain: true };
    return {
      ...none,
      isPlain: true,
      sighting: { passage, start: chunk.start, end: chunk.end, value: text, shape: 'mixed', continues: false },
    };
  }
  if (chunk.kind === 'letters') {
    const shape = /^[A-Z]+(-[A-Z]+)?$/.test(text) ? 'letters' : 'words';
    return { ...none, sighting: { passage, start: chunk.start, end: chunk.end, value: text, shape, continues: false } };
  }
  return none;
}

const unitSuffix =
  /^\d+(?:[a-z]{1,4}|[KMGT]i?B|[AP]M|EUR|USD|GBP|ZŁ|TL|K|M)$|^[A-Za-z]{2,3}\d{1,2}$|^\d+x\d+$|^\d{1,2}-[A-Za-z]{3,}$/;
const ordinal = /^\d+(?:st|nd|rd|th|er|ème|e|º|ª)$/;

/** Something the text marks as no word of its own: a hash tag, a colour, a handle, a path. */
function isMarked(text: string, chunk: Chunk): boolean {
  return /[#@/\\=&?$%]/.test(text.charAt(chunk.start - 1)) || /[@=/\\]/.test(text.charAt(chunk.end));
}

function sighting(passage: Passage, start: number, end: number, value: string, shape: Shape, index: number): Sighting {
  const before = passage.chunks[index - 1];
  const continues =
    before !== undefined &&
    /\d/.test(before.text) &&
    !/^\d?[A-Za-z]/.test(before.text) &&
    before.text.length > 1 &&
    /^[ \t/]$/.test(passage.text.slice(before.end, start));
  return { passage, start, end, value, shape, continues };
}

/** Digit groups that follow each other with one space between. */
function groupFrom(passage: Passage, index: number): Chunk[] {
  const group: Chunk[] = [];
  for (let next = index; next < passage.chunks.length && group.length < 16; next++) {
    const chunk = passage.chunks[next];
    if (chunk === undefined || chunk.kind !== 'digits') break;
    const before = group[group.length - 1];
    if (before !== undefined && !/^(?:[ \t]{1,2}|\t-\t)$/.test(passage.text.slice(before.end, chunk.start))) break;
    group.push(chunk);
  }
  return group;
}
