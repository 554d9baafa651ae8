import type { Passage } from './passage.js';
import type { Sighting } from './sighting.js';

/**
 * The origin-bound line of a message: `@example.com #123456` (WICG "origin-bound one-time codes"). The last one counts.
 */
export function originBound(passage: Passage): Sighting | undefined {
  const line =
    /(?:^|[\s])@([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?) {1,3}#([^\s%@#]{1,32})(?= {0,3}(?:[%@]|\n|$))/g;
  let found: Sighting | undefined;
  const from = Math.max(0, passage.text.length - 2000);
  for (const match of passage.text.slice(from).matchAll(line)) {
    const code = match[2] ?? '';
    const start = from + match.index;
    found = {
      passage,
      start,
      end: start + match[0].length,
      value: code,
      shape: 'origin',
      continues: false,
      origin: (match[1] ?? '').toLowerCase(),
    };
  }
  return found;
}

/** Where the app hash of Android's SMS retriever begins: eleven base64 characters that end the message. */
export function retrieverHash(passage: Passage): number | undefined {
  if (passage.role !== 'text') return undefined;
  const tail = passage.text.trimEnd();
  const hash = /(?:^|\s)([A-Za-z0-9+/]{11})$/.exec(tail.slice(-13))?.[1];
  if (hash === undefined) return undefined;
  const isPrefixed = /^\s*(?:<#>|\[#\]|\u200b)/.test(passage.text);
  const kinds = [/[a-z]/, /[A-Z]/, /[\d+/]/].filter((kind) => kind.test(hash)).length;
  return isPrefixed || kinds === 3 || (kinds === 2 && /[a-z][A-Z]/.test(hash) && /\n\S+$/.test(tail))
    ? tail.length - 11
    : undefined;
}
