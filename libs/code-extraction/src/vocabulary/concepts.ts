/**
 * What a word or phrase can mean for the question "which part of this message is the code?".
 * A phrase may carry several. The tables beside this file list the phrases, one language at a time.
 */
export const concepts = [
  /** Names a one-time code by itself: "verification code", "OTP", "mTAN". */
  'otp',
  /** May name a one-time code: "code", "PIN", "password", "key". */
  'code',
  /** Names any figure: "number", "digits". */
  'digits',
  /** Tells the reader to type something: "enter", "use". */
  'enter',
  /** What a code is for: signing in, verifying, resetting. */
  'auth',
  /** A payment that wants approval. */
  'pay',
  /** "Do not share", "our staff never ask". */
  'secret',
  /** "If you did not request this". */
  'unasked',
  /** "Valid for", "expires in". */
  'valid',
  /** "New", "latest": this code rather than another. */
  'fresh',
  /** "Previous", "expired": not this code. */
  'stale',
  /** Names another number: order, account, case, seat, item, version. */
  'ref',
  /** A payment card or its last digits. */
  'card',
  /** A telephone number follows. */
  'phone',
  /** Promotion codes, vouchers, gift cards, discounts. */
  'promo',
  /** Doors, lockers, wireless networks, rides: codes that open or prove something in the world. */
  'venue',
  /** Meetings and calls. */
  'meeting',
  /** Deliveries. */
  'parcel',
  /** Invoices, statements, balances. */
  'bill',
  /** Appointments, bookings, events: things confirmed that are no identity. */
  'event',
  /** Something happened to the account; nothing is to be typed. */
  'notice',
  /** Stands beside a measured number: "minutes", "points". */
  'unit',
  /** A month or a weekday: the number beside it is a date. */
  'month',
  /** "Click", "open this link". */
  'click',
  /** What a link is for that signs nobody in: unsubscribe, help, report, settings. */
  'otherLink',
  /** Part of a postal address: the numbers beside it are house numbers and postcodes. */
  'address',
] as const;

export type Concept = (typeof concepts)[number];

/**
 * One language's phrases: alternatives separated by `|`, written as read; case and accents do not matter.
 * A trailing `*` also matches longer words ("verif*"). Scripts that write without spaces, and those that glue
 * particles to words, match anywhere and need no star.
 */
export type LanguageTable = { readonly [concept in Concept]?: string };
