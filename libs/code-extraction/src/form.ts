import type { Evidence } from './weights.js';
import type { Sighting } from './sighting.js';

/** What the form of a sighting says, before any word around it is read. */
export function formOf(sighting: Sighting, evidence: Evidence): void {
  const { value, shape } = sighting;
  const text = sighting.passage.text.slice(sighting.start, sighting.end);
  if (shape === 'tagged') evidence.tagged = 1;
  if (shape === 'cells') evidence.cells = 1;
  if (/^\d+$/.test(value)) {
    const length = value.length;
    if (length === 6) evidence.sixDigits = 1;
    else if (length === 4) evidence.fourDigits = 1;
    else if (length === 5) evidence.fiveDigits = 1;
    else if (length === 7) evidence.sevenDigits = 1;
    else if (length === 8) evidence.eightDigits = 1;
    else if (length <= 3) evidence.threeDigits = 1;
    else evidence.manyDigits = 1;
    if (shape === 'digits' && length === 4 && /^(?:1[89]\d\d|20[0-4]\d)$/.test(value)) evidence.looksLikeYear = 1;
    if (placeholder.test(value)) evidence.looksLikePlaceholder = 1;
    if (length === 8 && /^20[1-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(value)) evidence.looksLikeDate = 1;
    if (shape === 'groups' && /^(?:\d{3}[ -]\d{4}|\d{2}(?: \d{2}){3})$/.test(text)) evidence.looksLikePhone = 1;
    if (/^\d\d-\d\d-\d\d$/.test(text)) evidence.looksLikeSortCode = 1;
  } else if (shape === 'mixed') {
    if (evenGroups.test(value)) evidence.evenGroups = 1;
    else if (value.includes('-')) evidence.dashedLetters = 1;
    else evidence.lettersAndDigits = 1;
    if (/[a-z]/.test(value)) evidence.lowerCase = 1;
    if (/^[A-Za-z]{2,6}-\d{3,8}$/.test(value)) evidence.looksLikeTicket = 1;
    if (
      /^[A-Z]{1,3}\d{7,}$|^[^-]{10}$/.test(value) ||
      (evidence.evenGroups === undefined && value.replaceAll('-', '').length > 10)
    )
      evidence.looksLikeId = 1;
    if (/^[A-Za-z]{3,}\d{1,4}(?:-|$)/.test(value)) evidence.looksLikePromotion = 1;
  } else if (shape === 'letters') evidence.capitals = 1;
  else if (shape === 'words') {
    // "kxvqp-jmtzw" and "mirol-tapek-sudon-velik" are no words of any text.
    evidence.dashedWords = /[bcdfghjklmnpqrstvwxz]{4}/i.test(value) ? 0.3 : value.split('-').length > 3 ? 0.6 : 1;
  }
  if (sighting.continues) evidence.followsNumber = 1;
  if (
    evidence.looksLikeYear === 1 &&
    yearWord.test(sighting.passage.folded.slice(Math.max(0, sighting.start - 8), sighting.start))
  ) {
    evidence.behindYearWord = 1;
  }
}

/** What people write when they mean no code in particular. */
const placeholder = /^(?:123456|1234|12345|12345678|000000|0000|111111|1111|999999|9999|654321|123123)$/;

/** "JQW-9TX": groups of the same length. */
const evenGroups =
  /^(?:[A-Z0-9]{3}-[A-Z0-9]{3}|[A-Z0-9]{4}-[A-Z0-9]{4}|[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{3}|[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4})$/;

/** "in 1942", "since 2019". */
const yearWord =
  /(?:^|[^\p{L}])(?:in|since|of|by|en|em|del|im|seit|dal|nel|von|i|od|w|в|с|от|depuis|desde|ano|jahr|year|r|roku) $/u;
