/** A message as it came, already split into its parts and decoded to text. Absent parts are null or left out. */
export type Message = {
  readonly channel: 'sms' | 'email';
  /** Sender as shown: a number, an alphanumeric sender name, or a `Name <address>`. */
  readonly from?: string | null;
  readonly subject?: string | null;
  readonly text?: string | null;
  readonly html?: string | null;
};

/** What is known about the credential that the message is for. Everything is optional; nothing is required to match. */
export type Expectation = {
  /** Host name of the credential, e.g. `github.com`: tells origin-bound codes and links that fit from those that do not. */
  readonly domain?: string | undefined;
  /** Name of the service. Words of it are never taken for a code. */
  readonly serviceName?: string | undefined;
  readonly hint?: CodeHint | undefined;
};

/** What an operator knows about the codes of one credential. */
export type CodeHint = {
  /** Characters in the code, without separators: 3 to 32. */
  readonly length?: number | undefined;
  readonly alphabet?: 'digits' | 'letters' | 'alphanumeric' | undefined;
  /** RE2 syntax, at most 256 characters; searched in subject and text. Its first group, else the whole match, is the code. */
  readonly pattern?: string | undefined;
  /** Address, domain, number or name that the sender must contain. */
  readonly sender?: string | undefined;
};

/** One thing that might be the answer. `confidence` is 0 to 1: how likely a person would have picked it. */
export type Candidate = {
  readonly kind: 'code' | 'link';
  readonly value: string;
  readonly confidence: number;
  readonly reason: string;
};

/** The decision. Both null: nothing was found, or it was ambiguous; `reason` tells which. */
export type Extraction = {
  /** As a person would type it: all-digit codes without spaces and dashes, others with case and dashes kept. */
  readonly code: string | null;
  /** As written in the message, HTML entities decoded. Never opened by us. */
  readonly link: string | null;
  /** 0 to 1: how sure the decision is, whichever way it went. */
  readonly confidence: number;
  /** A short, stable word for why, see reasons.ts and decide.ts. */
  readonly reason: string;
  /** Best first, at most 20. */
  readonly candidates: readonly Candidate[];
};

/** A stretch [start, end) of a passage that is set apart from the rest. */
export type Span = {
  readonly start: number;
  readonly end: number;
  readonly kind: 'emphasis' | 'faint' | 'quoted' | 'anchor';
};

/** A link in a passage: where it stands, where it leads, and the words it is shown as. */
export type LinkMention = {
  readonly start: number;
  /** End of the words it is shown as; the same as `start` for a bare link. */
  readonly end: number;
  readonly url: string;
  readonly hasImageOnly: boolean;
};

/** One rendering of (a part of) the message as plain text, in which links are replaced by `linkMark`. */
export type Rendering = {
  readonly text: string;
  readonly spans: readonly Span[];
  readonly links: readonly LinkMention[];
};

/** Stands in a rendering's text where a link stood. */
export const linkMark = '\ufffc';
