import type { Chunk } from './tokens.js';
import type { Passage } from './passage.js';

/** "+44 ...", "(855) 812-...": telephone numbers by their form. */
export function isDialled(text: string, first: Chunk, last: Chunk): boolean {
  const before = text.charAt(first.start - 1);
  if (before === '+') return true;
  if (before !== '(' || text.charAt(last.end) !== ')') return false;
  return first.text.length <= 5 && /^\)[ -]?\d/.test(text.slice(last.end, last.end + 3));
}

/** How many chunks, from `index` on, one dialled number takes. */
export function countDialled(passage: Passage, index: number): number {
  let count = 1;
  let end = passage.chunks[index]?.end ?? 0;
  for (; count < 8; count++) {
    const next = passage.chunks[index + count];
    if (
      next === undefined ||
      !/^[\d-]+$/.test(next.text) ||
      !/^[ )(.-]{1,3}$/.test(passage.text.slice(end, next.start))
    )
      break;
    end = next.end;
  }
  return count;
}

/** "***4471", "...7781", "4471****": what is left of a longer number. */
export function isMasked(text: string, first: Chunk, last: Chunk): boolean {
  const before = text.slice(Math.max(0, first.start - 3), first.start);
  if (
    /(?:[*xX·#]{2}|\.\.\.?|[*xX·]) ?-?$/.test(before) &&
    !/[A-Za-z][xX]$/.test(before) &&
    !/^\s?\*$/.test(before.trim())
  ) {
    return /[*xX·#.]{2} ?-?$/.test(before) || /(^|[^\w])[xX]$/.test(before);
  }
  return (
    /^(?:\*{2}|[xX]{3}|\.{3}\d)/.test(text.slice(last.end, last.end + 4)) &&
    !text.startsWith('**', Math.max(0, first.start - 2))
  );
}
