import { chunksOf, type Chunk } from './tokens.js';
import { bit, findTerms, strangeWordsIn, type Reading, type Term } from './vocabulary.js';
import { fold } from './normalise.js';
import { quotedSpans } from './quotes.js';
import type { LinkMention, Rendering, Span } from './message.js';

/** Where a passage stood in the message. */
export type Role = 'subject' | 'text' | 'html';

/** One rendering, searched: its words, numbers, sentences and the stretches that are set apart. */
export class Passage {
  readonly text: string;
  readonly folded: string;
  /** Words of the vocabulary; empty until `read` is told the languages. */
  terms: readonly Term[] = [];
  /** Where the words begin that the vocabulary does not know. */
  strangeWords: readonly number[] = [];
  readonly chunks: readonly Chunk[];
  readonly spans: readonly Span[];
  readonly links: readonly LinkMention[];

  constructor(
    readonly role: Role,
    rendering: Rendering,
  ) {
    this.text = rendering.text;
    this.folded = fold(this.text);
    this.chunks = chunksOf(this.text, mostChunks);
    this.spans = role === 'subject' ? [] : [...rendering.spans, ...quotedSpans(this.text)];
    this.links = rendering.links;
  }

  /**
   * Finds the words of the vocabulary, in the languages of the message. A word that is the sender's name ("Booking",
   * "Xbox", "Zoom") says nothing about the numbers beside it.
   */
  read(reading: Reading, names: ReadonlySet<string>): void {
    this.terms = findTerms(this.folded, reading, mostTerms).filter(
      (term) =>
        (term.meanings & (bit.otp | bit.code | bit.auth)) !== 0 ||
        // "Your booking", with a small letter, is no name.
        this.text.charCodeAt(term.start) === this.folded.charCodeAt(term.start) ||
        !names.has(this.folded.slice(term.start, term.end)),
    );
    this.strangeWords = strangeWordsIn(this.text, this.folded, reading);
  }

  /** Terms that lie in [start, end), found by bisection. */
  termsIn(start: number, end: number): Term[] {
    const found: Term[] = [];
    for (let index = firstAtOrAfter(this.terms, start); index < this.terms.length; index++) {
      const term = this.terms[index];
      if (term === undefined || term.end > end) break;
      found.push(term);
    }
    return found;
  }

  /** Whether [start, end) lies in a stretch of one kind. */
  isWithin(kind: Span['kind'], start: number, end: number): boolean {
    return this.spans.some((span) => span.kind === kind && span.start <= start && end <= span.end);
  }

  /** The sentence around a position: bounded by full stops of any script and by line ends, at most `reach` away. */
  sentenceAround(start: number, end: number, reach: number): { start: number; end: number } {
    let first = start;
    while (first > 0 && start - first < reach && !this.endsSentence(first - 1)) first--;
    let last = end;
    while (last < this.text.length && last - end < reach && !this.endsSentence(last)) last++;
    return { start: first, end: last };
  }

  private endsSentence(index: number): boolean {
    const unit = this.text.charCodeAt(index);
    if (unit === 0x0a) return !this.isWrap(index);
    if (
      unit === 0x3002 ||
      unit === 0x0964 ||
      unit === 0x06d4 ||
      unit === 0x21 ||
      unit === 0x3b ||
      unit === 0x3f ||
      unit === 0x061f ||
      unit === 0xff61
    )
      return true;
    if (unit !== 0x2e) return false;
    const next = this.text.charCodeAt(index + 1);
    // A dot ends a sentence before a space, unless it ends an abbreviation or an ordinal ("Ref. 12", "nr. 4").
    const endsWord = Number.isNaN(next) || next === 0x20 || next === 0x0a;
    return endsWord && !this.isAbbreviation(index);
  }

  /** A line break inside a paragraph that was wrapped at a fixed width. */
  private isWrap(index: number): boolean {
    const lineStart = this.text.lastIndexOf('\n', index - 1) + 1;
    const nextUnit = this.text.charCodeAt(index + 1);
    return (
      this.role === 'text' &&
      index - lineStart >= 55 &&
      index - lineStart <= 90 &&
      nextUnit !== 0x0a &&
      !Number.isNaN(nextUnit)
    );
  }

  private isAbbreviation(index: number): boolean {
    const from = Math.max(0, index - 5);
    const word = /(?:^|[\s(])(\p{L}{1,4})$/u.exec(this.folded.slice(from, index))?.[1];
    return (
      word !== undefined &&
      this.termsIn(Math.max(0, index - word.length - 1), index + 1).some(
        (term) => (term.meanings & (bit.ref | bit.phone)) !== 0,
      )
    );
  }
}

const mostTerms = 6000;
const mostChunks = 6000;

function firstAtOrAfter(terms: readonly Term[], start: number): number {
  let low = 0;
  let high = terms.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((terms[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}
