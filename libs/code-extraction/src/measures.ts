import { bit } from './vocabulary.js';
import type { Passage } from './passage.js';

/** What a plain number is when it is no code: money, a measured quantity, part of a date, a percentage. */
export type Measure = 'money' | 'quantity' | 'date' | 'percentage' | 'postcode';

/** Looks at what touches the number [start, end). */
export function measureOf(passage: Passage, start: number, end: number): Measure | undefined {
  const { text } = passage;
  const before = text.slice(Math.max(0, start - 8), start);
  const after = text.slice(end, end + 10);
  if (symbolBefore.test(before) || symbolAfter.test(after)) return 'money';
  if (/^ ?[%٪‰]/.test(after)) return 'percentage';
  const digits = end - start;
  if (digits === 5 && americanPostcode.test(text.slice(Math.max(0, start - 30), start))) return 'postcode';
  if (isBeforeTown(text, start, end)) return 'postcode';
  if (currencyBefore.test(before) || currencyAfter.test(after)) return 'money';
  if (/^(?: ?(?:[°]|[x×] ?\d)|\+(?!\d))/.test(after)) return 'quantity';
  const following = passage.termsIn(end, end + 24)[0];
  if (
    following !== undefined &&
    (following.meanings & bit.unit) !== 0 &&
    isJoined(text.slice(end, following.start), digits)
  ) {
    // A word that also names or tells something else is a measure only behind short numbers.
    const meansMore = (following.meanings & (bit.auth | bit.enter | bit.code | bit.otp | bit.valid | bit.secret)) !== 0;
    const isShortWord =
      following.end - following.start <= 2 && digits >= 5 && /[a-z]/.test(passage.folded.charAt(following.start));
    if (!meansMore && !isShortWord) return 'quantity';
  }
  return isDatePart(passage, start, end) ? 'date' : undefined;
}

/** "Denver, CO 80202". */
const americanPostcode =
  /[A-Z][a-z.]+, (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]) $/;

/** "..., 10121 Torino", "... · 61-872 Poznań, ...", "\n171 94 Solna": behind a comma or at the start of a later line, before a name that ends there. */
function isBeforeTown(text: string, start: number, end: number): boolean {
  if (end - start < 4 || !postcode.test(text.slice(start, end))) return false;
  return behindStreet.test(text.slice(Math.max(0, start - 4), start)) && town.test(text.slice(end, end + 40));
}

const postcode = /^(?:\d{4,5}|\d{2}-\d{3}|\d{3} \d{2}|\d{2} \d{3}|\d{4}-\d{3})$/;
const behindStreet = /(?:[\p{L}\p{N}.][,·|•]|[^\n] [·|•–-]) $|\n$/u;
const town = /^ \p{Lu}[\p{L}'.-]+(?: \p{Lu}[\p{L}'.-]+){0,2}(?: \d{1,2})? ?(?:$|[\n,.;·|(]| [·|•–-] )/u;

const symbols = '\\p{Sc}';
const symbolBefore = new RegExp(`${symbols} ?$`, 'u');
const symbolAfter = new RegExp(`^ ?${symbols}`, 'u');
const currencyBefore =
  /(?:^|[^A-Za-z])(?:USD|EUR|GBP|JPY|INR|Rs\.?|AED|SAR|QAR|KWD|BHD|OMR|EGP|PKR|LKR|NPR|BDT|Tk\.?|MYR|RM|IDR|Rp\.?|PHP|Php|SGD|HKD|TWD|CNY|RMB|KRW|THB|VND|AUD|CAD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|TL|RUB|UAH|ILS|NIS|ZAR|NGN|KES|KSh|Ksh|GHS|UGX|TZS|MXN|BRL|ARS|CLP|COP|PEN|UYU|MAD|DZD|TND|XOF|XAF|BTC|ETH|USDT) ?$/;
const currencyAfter =
  /^ ?(?:USD|EUR|GBP|JPY|INR|AED|SAR|QAR|KWD|EGP|PKR|MYR|IDR|PHP|SGD|HKD|TWD|CNY|RMB|KRW|THB|VND|VNĐ|AUD|CAD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|LEI|TRY|TL|RUB|UAH|ILS|NIS|ZAR|NGN|KES|MXN|BRL|ARS|CLP|COP|PEN|MAD|BTC|ETH|USDT|XRP|DOGE|zł|Kč|kr|Ft|лв|грн|руб|ден|din|lei|mk)(?![A-Za-z])/;

/** A unit stands right behind its number, or after one space; a long number only right behind or after one space too. */
function isJoined(between: string, digits: number): boolean {
  return digits >= 4 ? /^[ -]?$/.test(between) : /^[ \u2013-]{0,2}$/.test(between);
}

/** "20 November 2026", "Nov 20, 2026", "11/20 2026", "20. marraskuuta 2026". */
function isDatePart(passage: Passage, start: number, end: number): boolean {
  const { text } = passage;
  const length = end - start;
  if (length > 4) return false;
  const isYear = length === 4 && /^(?:19|20)\d\d$/.test(text.slice(start, end));
  if (length === 4 && !isYear) return false;
  const previous = passage.termsIn(Math.max(0, start - 24), start).pop();
  if (
    previous !== undefined &&
    length !== 3 &&
    // Folding makes "år", a year, of the Swedish "är", is.
    !/^är$/i.test(text.slice(previous.start, previous.end)) &&
    (previous.meanings & bit.month) !== 0 &&
    /^[ .,/-]{0,3}(?:de |del |d' ?)?$/.test(passage.folded.slice(previous.end, start))
  )
    return true;
  const next = passage.termsIn(end, end + 24)[0];
  if (
    next !== undefined &&
    (next.meanings & bit.month) !== 0 &&
    /^[ ./-]{0,2}(?:de |d' ?|of )?$/.test(passage.folded.slice(end, next.start))
  )
    return true;
  // The year behind a day and month: "Nov 20, 2027", "28.11. 2026".
  return (
    isYear &&
    /\d{1,2}(?:st|nd|rd|th)?[.,/]{0,2} $/.test(text.slice(Math.max(0, start - 8), start)) &&
    /\p{L}|[/.]/u.test(text.slice(Math.max(0, start - 14), start))
  );
}
