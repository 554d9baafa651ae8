import { concepts, type Concept } from './vocabulary/concepts.js';
import { fold, normalise } from './normalise.js';
import { languages } from './languages.js';
import { endsWord, isUnspacedUnit, Script, scriptOf } from './scripts.js';

/** One place where a phrase of the vocabulary stands: [start, end) of the text, and what it can mean. */
export type Term = { readonly start: number; readonly end: number; readonly meanings: number };

/** How one message is read. */
export type Reading = {
  /** What each language's phrases may mean in it, as a mask over meanings: 0 for a language it is not in. */
  readonly masks: Int32Array;
  /** How much of it speaks for each language. Where two know a word, the likelier one's meaning counts. */
  readonly votes: Float64Array;
};

/** The bit of one concept in `Term.meanings`. */
export const bit = Object.fromEntries(concepts.map((concept, index) => [concept, 1 << index])) as Record<
  Concept,
  number
>;

/**
 * Decides with which languages' tables a message is read. A message may mix several, and nothing says reliably which;
 * but a word that is a voucher in one language is a verb in another, so tables that hardly match stay closed.
 * English words that name a code are read everywhere: "OTP", "PIN", "login".
 */
export function readingFor(folded: readonly string[]): Reading {
  const votes = new Float64Array(languages.length);
  for (const text of folded) {
    walk(text.slice(0, voteReach), mostVotes, (node, start, end) => {
      for (const { language, meanings } of node.entries) {
        votes[language] = (votes[language] ?? 0) + (meanings === 0 ? 1.5 : Math.min(end - start, 12) / 4);
      }
    });
  }
  const most = Math.max(...votes);
  const masks = new Int32Array(languages.length);
  for (let language = 0; language < languages.length; language++) {
    if ((votes[language] ?? 0) >= most * 0.5) masks[language] = -1;
  }
  if ((votes[0] ?? 0) < most * 0.3) masks[0] = bit.otp | bit.code | bit.auth | bit.unit | bit.month | bit.promo;
  else masks[0] = -1;
  return { masks, votes };
}

/**
 * Finds the vocabulary in folded text, longest phrase first, left to right, without overlaps. Linear: the walk from
 * one position is bounded by the longest phrase.
 */
export function findTerms(folded: string, reading: Reading, limit: number): Term[] {
  const found: Term[] = [];
  walk(
    folded,
    limit,
    (node, start, end) => found.push({ start, end, meanings: meaningsOf(node, reading) }),
    (node) => meaningsOf(node, reading) !== 0,
  );
  return found;
}

/**
 * How many words of folded text are in none of the message's languages' tables: 0 where everything is said in words
 * that messages about codes are made of. Names, which begin with a capital in `text`, do not count; scripts without
 * spaces count three characters as a word. Reads the first `coverReach` characters.
 */
export function strangeWordsIn(text: string, folded: string, reading: Reading): number[] {
  const reach = folded.slice(0, coverReach);
  const covered: number[] = [];
  walk(
    reach,
    coverReach,
    (_node, start, end) => covered.push(start, end),
    (node) => node.entries.some((entry) => reading.masks[entry.language] !== 0),
  );
  const strange: number[] = [];
  let next = 0;
  for (const { index, 0: word } of reach.matchAll(wordPattern)) {
    while (next < covered.length && (covered[next + 1] ?? 0) <= index) next += 2;
    const isCovered = next < covered.length && (covered[next] ?? 0) < index + word.length;
    const isName = text.charAt(index) !== folded.charAt(index);
    if (!isCovered && !isName) strange.push(index);
  }
  return strange;
}

const wordPattern = /(?<![\p{L}\p{N}])\p{L}{3,}(?![\p{L}\p{N}])/gu;
const coverReach = 2000;

/** Arabic and Hebrew glue up to this many letters (and, the, with, for) before a word. */
const longestPrefix = 3;
const voteReach = 4096;
const mostVotes = 1000;

class Node {
  readonly next = new Map<number, Node>();
  /** The phrases that end here, by language. A function word has no meanings. */
  readonly entries: { readonly language: number; readonly isBeginning: boolean; meanings: number }[] = [];
  /** Whether some phrase ends here that may go on as a longer word. */
  hasBeginning = false;
}

const startsWithSymbol = new Set<number>();
const root = buildTrie();

function meaningsOf(node: Node, { masks, votes }: Reading): number {
  let meanings = 0;
  let most = 0;
  for (const entry of node.entries) {
    const known = entry.meanings & (masks[entry.language] ?? 0);
    if (known === 0) continue;
    const vote = votes[entry.language] ?? 0;
    if (vote > most) meanings = 0;
    if (vote >= most) meanings |= known;
    most = Math.max(most, vote);
  }
  return meanings;
}

function walk(
  folded: string,
  limit: number,
  report: (node: Node, start: number, end: number) => void,
  accepts: (node: Node) => boolean = () => true,
): void {
  let index = 0;
  let found = 0;
  // Letters since the word began: decides where a phrase may start.
  let lettersBefore = 0;
  let previous: number = Script.None;
  while (index < folded.length && found < limit) {
    const unit = folded.charCodeAt(index);
    const script = scriptOf(unit);
    if (script !== previous || script === Script.Unspaced) lettersBefore = 0;
    previous = script;
    if (script === Script.None && !startsWithSymbol.has(unit)) {
      index++;
      continue;
    }
    const mayStart = lettersBefore === 0 || (script === Script.Prefixing && lettersBefore <= longestPrefix);
    const match = mayStart ? longestMatch(folded, index, accepts) : undefined;
    if (match === undefined) {
      lettersBefore++;
      index++;
      continue;
    }
    report(match.node, index, match.end);
    found++;
    lettersBefore += match.end - index;
    index = match.end;
    previous = scriptOf(folded.charCodeAt(index - 1));
  }
}

function longestMatch(
  folded: string,
  start: number,
  accepts: (node: Node) => boolean,
): { node: Node; end: number } | undefined {
  let node: Node | undefined = root;
  let index = start;
  let match: { node: Node; end: number } | undefined;
  while (index < folded.length) {
    const unit = folded.charCodeAt(index);
    const isSpace = unit === 0x20 || unit === 0x0a || unit === 0x09;
    node = node.next.get(isSpace ? 0x20 : unit);
    if (node === undefined) break;
    index++;
    if (isSpace) {
      while (index < folded.length && folded.charCodeAt(index) === 0x20) index++;
      continue;
    }
    if (node.entries.length === 0) continue;
    const atWordEnd = index >= folded.length || endsWord(unit, folded.charCodeAt(index));
    if ((atWordEnd || node.hasBeginning) && accepts(node)) match = { node, end: index };
  }
  return match;
}

function buildTrie(): Node {
  const trie = new Node();
  languages.forEach(({ table, functionWords }, language) => {
    for (const word of functionWords.split('|')) addPhrase(trie, word, language, 0);
    for (const concept of concepts) {
      for (const phrase of table[concept]?.split('|') ?? []) addPhrase(trie, phrase, language, bit[concept]);
    }
  });
  return trie;
}

function addPhrase(trie: Node, written: string, language: number, meaning: number): void {
  const trimmed = fold(normalise(written.trim()));
  const phrase = trimmed.replaceAll('*', '');
  if (phrase === '') return;
  let node = trie;
  for (let index = 0; index < phrase.length; index++) {
    const unit = phrase.charCodeAt(index);
    let following = node.next.get(unit);
    if (following === undefined) node.next.set(unit, (following = new Node()));
    node = following;
  }
  const first = phrase.charCodeAt(0);
  if (scriptOf(first) === Script.None) startsWithSymbol.add(first);
  const last = phrase.charCodeAt(phrase.length - 1);
  const takesSuffix =
    isUnspacedUnit(last) ||
    (scriptOf(last) === Script.Inflecting && phrase.length >= 3) ||
    (scriptOf(last) === Script.Prefixing && phrase.length >= 4);
  const isBeginning = meaning !== 0 && (trimmed.endsWith('*') || takesSuffix);
  if (isBeginning || isUnspacedUnit(last)) node.hasBeginning = true;
  const known = node.entries.find((entry) => entry.language === language);
  if (known === undefined) node.entries.push({ language, isBeginning, meanings: meaning });
  else known.meanings |= meaning;
}
