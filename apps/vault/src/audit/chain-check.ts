import { genesisHash, hashEntry, type AuditFields } from './entry-hash.js';

/** A sealed entry as its row has it. */
export interface SealedEntry extends AuditFields {
  seq: number;
  prevHash: Uint8Array;
  hash: Uint8Array;
}

/** An entry's place and its hash: the end of a chain, or one that somebody kept. */
export interface ChainPoint {
  seq: number;
  hash: Uint8Array;
}

/**
 * Checks a chain entry by entry, in the order of `seq`, without keeping them. Finds what was changed, deleted, inserted or reordered, and,
 * by the head, what was cut off the end. Who can write the tables as their owner can also make a whole new chain: only a point of it that
 * was kept elsewhere tells.
 */
export class ChainCheck {
  #last: ChainPoint = { seq: 0, hash: genesisHash };
  #firstInvalidSeq: number | null = null;

  /** @param known a point of the chain that was kept elsewhere */
  constructor(private readonly known: ChainPoint | null = null) {}

  /** How many entries are in order so far. */
  get entries(): number {
    return this.#last.seq;
  }

  /** The hash of the last one of them; null when there is none. */
  get hash(): Uint8Array | null {
    return this.#last.seq === 0 ? null : this.#last.hash;
  }

  get firstInvalidSeq(): number | null {
    return this.#firstInvalidSeq;
  }

  /** Takes the next entry. @returns false once the chain is broken: no further one tells anything */
  add(entry: SealedEntry): boolean {
    if (this.#firstInvalidSeq !== null) return false;
    const expected = this.#last.seq + 1;
    const inOrder =
      entry.seq === expected &&
      same(entry.prevHash, this.#last.hash) &&
      same(entry.hash, hashEntry(this.#last.hash, expected, entry)) &&
      (this.known?.seq !== expected || same(entry.hash, this.known.hash));
    if (inOrder) this.#last = { seq: entry.seq, hash: entry.hash };
    else this.#firstInvalidSeq = Math.min(entry.seq, expected);
    return inOrder;
  }

  /** After the last entry: compares with the head that the sealer left (null: it left none). */
  end(head: ChainPoint | null): void {
    if (this.#firstInvalidSeq !== null) return;
    const last = this.#last;
    const end = head ?? { seq: 0, hash: genesisHash };
    if (end.seq < last.seq) this.#firstInvalidSeq = end.seq + 1;
    else if (Math.max(end.seq, this.known?.seq ?? 0) > last.seq) this.#firstInvalidSeq = last.seq + 1;
    else if (!same(end.hash, last.hash)) this.#firstInvalidSeq = last.seq;
  }
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
